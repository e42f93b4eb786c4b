/** The API's resources by the names that the pages use. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Run = Schemas["RunAnswer"];
export type RunSummary = Schemas["RunSummary"];
export type Project = Schemas["Project"];
export type Moved = Schemas["Moved"];
export type SavedView = Schemas["SavedView"];
/** What a saved view shows. */
export type ViewContent = SavedView["view"];
export type RunField = Schemas["RunField"];
export type Offer = Schemas["Offer"];
export type RunPage = Schemas["RunPage"];
export type Status = RunSummary["status"];
export type Catalog = Schemas["Catalog"];
export type RunGroup = Schemas["RunGroup"];
export type Comparison = Schemas["Comparison"];
export type MaskWindow = Schemas["MaskWindow"];
export type MaskIndex = Schemas["MaskIndex"];
export type MasksBeside = Schemas["MasksBeside"];
export type ArrayKind = MaskWindow["of"];
export type UnitArrays = Schemas["UnitImages"];
export type WorkerEntry = Schemas["WorkerEntry"];
export type WorkerLoad = Schemas["WorkerLoad"];
export type Queue = Schemas["Queue"];
export type Storage = Schemas["Storage"];
export type WhatIfAnswer = Schemas["WhatIfAnswer"];
export type WhatIfJob = Schemas["WhatIfJob"];
export type FigureInfo = Schemas["FigureInfo"];
export type FigureOption = Schemas["FigureOption"];
export type FigurePlace = Schemas["FigurePlace"];
export type LogLine = Schemas["LogLine"];
export type LogPage = Schemas["LogPage"];
export type Access = Schemas["Access"];
export type NewToken = Schemas["NewToken"];
export type Member = Schemas["Member"];
export type Deed = Schemas["Deed"];

export const STATUSES: readonly Status[] = ["queued", "running", "succeeded", "failed", "cancelled"];
export const TERMINAL: ReadonlySet<Status> = new Set<Status>(["succeeded", "failed", "cancelled"]);
