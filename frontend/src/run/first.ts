import type { FigureParams } from "../api/queries";

/** The figure that the eye goes to first, and that is asked for before the page's code is there. */
export const FIRST_FIGURE = "forgetting_curve";

/** Points per line on the overview: about one for each pixel that a figure is wide, for there is no more to see. */
export const OVERVIEW_POINTS: FigureParams = { points: window.innerWidth > 1_800 ? 1_600 : 800 };
