import type { Problem } from '../../client/index.ts';

/** What went wrong, for people: what it was, and what to do next. */
export interface Trouble {
  readonly title: string;
  readonly detail: string;
  /** The problem's slug, where the API answered one. */
  readonly slug?: string;
  /** What was wrong with which field, by JSON pointer. */
  readonly fields: readonly { readonly pointer: string; readonly detail: string }[];
}

/** Reads whatever a request failed with: a problem of the API (RFC 9457), or no answer at all. */
export function troubleOf(error: unknown): Trouble {
  if (isProblem(error)) {
    const { title, detail, type, errors = [] } = error;
    return { title, detail, slug: /^\/problems\/(.+)$/.exec(type)?.[1], fields: errors };
  }
  if (hasNoAnswer(error)) return { ...NO_ANSWER, fields: [] };
  return { title: 'Something went wrong', detail: error instanceof Error ? error.message : String(error), fields: [] };
}

const NO_ANSWER = {
  title: 'The service does not answer',
  detail: 'Nothing is lost. Check the connection, or whether the service runs, and try again.',
};

/** What stands for an answer that is none of the API, such as a page of a proxy whose service is gone. */
export function noAnswer(status: number): Problem {
  return { type: 'about:blank', ...NO_ANSWER, status, instance: 'about:blank' };
}

/** Whether the service cannot answer just now: the same request may well succeed later. */
export function isOutage(error: unknown): boolean {
  return isProblem(error) ? error.status >= 500 : hasNoAnswer(error);
}

/** The request did not get through, or nothing came back for too long. */
function hasNoAnswer(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');
}

/** Whether the API answered with this type of problem. */
export function isOfType(error: unknown, slug: string): boolean {
  return isProblem(error) && error.type.endsWith(`/${slug}`);
}

function isProblem(error: unknown): error is Problem {
  const { type, title, status } = Object(error) as Partial<Problem>;
  return typeof type === 'string' && typeof title === 'string' && typeof status === 'number';
}
