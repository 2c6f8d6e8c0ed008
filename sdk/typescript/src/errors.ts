import type { components } from './schema.js';

type Problem = components['schemas']['ApiProblem'];

const typePrefix = 'urn:sluice:problem:';

/** A call that failed: Sluice has refused it, or could not be reached. */
export abstract class SluiceError extends Error {
  /** Whether the same call may succeed later without anybody's doing. */
  abstract readonly isTransient: boolean;
}

/** Sluice has answered with a problem. */
export class SluiceApiError extends SluiceError {
  override readonly name = 'SluiceApiError';
  /** The HTTP status. */
  readonly status: number;
  /** Names the kind of problem, for instance `not-found`; it never changes. */
  readonly code: string;
  /** What happened this time, and what to do about it. */
  readonly detail: string;
  /** What is wrong with single fields; empty when the problem is not about fields. */
  readonly errors: Problem['errors'];

  constructor(status: number, problem: Pick<Problem, 'type' | 'detail' | 'errors'>) {
    super(`Sluice answered ${status}: ${problem.detail}`);
    this.status = status;
    this.code = problem.type.startsWith(typePrefix) ? problem.type.slice(typePrefix.length) : problem.type;
    this.detail = problem.detail;
    this.errors = problem.errors;
  }

  get isTransient(): boolean {
    return [429, 502, 503, 504].includes(this.status) || this.code === 'still-running';
  }
}

/** Sluice gave no answer, or none that can be understood. */
export class SluiceConnectionError extends SluiceError {
  override readonly name = 'SluiceConnectionError';
  readonly isTransient = true;
}
