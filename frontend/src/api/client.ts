import createClient from "openapi-fetch";
import { ROOT } from "../root";
import type { paths } from "./schema";

export const api = createClient<paths>({ baseUrl: ROOT });

export interface Problem {
  field: string;
  message: string;
}

/** What the server said was wrong, in its own words; `problems` lists each with its field. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly problems: Problem[];

  constructor(status: number, body: unknown) {
    const error = (body as { error?: Partial<ApiError> & { field?: string } } | undefined)?.error;
    super(error?.message ?? `The server answered with status ${status} and no explanation.`);
    this.status = status;
    this.code = error?.code ?? "unknown";
    this.problems =
      error?.problems ?? (error?.field ? [{ field: error.field, message: error.message ?? "" }] : []);
  }
}

/** The server could not be reached at all. */
export class Unreachable extends Error {
  constructor() {
    super("The server does not answer. Check that it runs; the page goes on by itself once it does.");
  }
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of an answer, or its error thrown. */
export async function dataOf<T>(request: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await request;
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === "AbortError") throw failure;
    throw new Unreachable();
  }
  if (!answer.response.ok) throw new ApiError(answer.response.status, answer.error);
  return answer.data as T;
}

export function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
