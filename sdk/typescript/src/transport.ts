import type { ClientOptions } from './index.js';
import { SluiceApiError, SluiceConnectionError, type SluiceError } from './errors.js';

interface Sending {
  body?: unknown;
  /** Twice is as once under a key, which the call then carries. */
  underKey?: boolean;
  /** Twice is not as once: the call is tried once only. */
  never?: boolean;
  /** Time that the server may take beside the usual one. */
  extraMs?: number;
  signal?: AbortSignal | undefined;
}

const firstWaitMs = 500;
const longestWaitMs = 30_000;

/** One way for all calls: credentials, time-outs, tries, errors. */
export class Transport {
  readonly #root: string;
  readonly #authorization: string;
  readonly #maxAttempts: number;
  readonly #timeoutMs: number;
  readonly #fetch: typeof fetch;

  constructor(options: ClientOptions) {
    const url = new URL(options.url);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') {
      throw new TypeError('url is not an http or https URL');
    }

    if (!options.key || !options.secret) {
      throw new TypeError('key and secret are needed');
    }

    this.#root = `${url.origin}${url.pathname.replace(/\/+$/, '')}/api/v1`;
    this.#authorization = `Basic ${base64(`${options.key}:${options.secret}`)}`;
    this.#maxAttempts = options.maxAttempts ?? 4;
    this.#timeoutMs = options.timeoutMs ?? 30_000;
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
  }

  get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.send<T>('GET', path, { signal });
  }

  /** Every item of a list, page by page. */
  async *all<T>(path: string, signal?: AbortSignal): AsyncGenerator<T> {
    let cursor: string | null = null;
    do {
      const page: { items: T[]; nextCursor: string | null } = await this.get(cursor === null ? path : `${path}&cursor=${encodeURIComponent(cursor)}`, signal);
      yield* page.items;
      cursor = page.nextCursor;
    } while (cursor !== null);
  }

  async send<T>(method: string, path: string, sending: Sending): Promise<T> {
    // One key for all tries of one call: that is what makes them one.
    const key = sending.underKey ? crypto.randomUUID() : undefined;
    for (let attempt = 1; ; attempt++) {
      let failure: SluiceError;
      let waitMs: number | undefined;
      try {
        const response = await this.#try(method, path, sending, key);
        if (response.ok) {
          return (response.status === 204 ? undefined : await response.json()) as T;
        }

        waitMs = retryAfterMs(response);
        failure = await problemOf(response);
      } catch (error) {
        // The caller's own cancellation, and what is wrong with the code, stay what they are.
        if (sending.signal?.aborted || !(error instanceof SluiceConnectionError)) {
          throw error;
        }

        failure = error;
      }

      const mayPass = failure.isTransient && !(failure instanceof SluiceApiError && failure.status === 502);
      if (!mayPass || sending.never || attempt >= this.#maxAttempts) {
        throw failure;
      }

      await pause(Math.min(waitMs ?? firstWaitMs * 2 ** (attempt - 1), longestWaitMs), sending.signal);
    }
  }

  async #try(method: string, path: string, sending: Sending, key: string | undefined): Promise<Response> {
    const headers: Record<string, string> = { authorization: this.#authorization, accept: 'application/json' };
    if (sending.body !== undefined) headers['content-type'] = 'application/json';
    if (key !== undefined) headers['idempotency-key'] = key;
    const limit = new AbortController();
    const stop = () => limit.abort();
    const timer = setTimeout(stop, this.#timeoutMs + (sending.extraMs ?? 0));
    sending.signal?.addEventListener('abort', stop);
    try {
      sending.signal?.throwIfAborted();
      const response = await this.#fetch(this.#root + path, {
        method, headers, redirect: 'error', signal: limit.signal, ...(sending.body === undefined ? {} : { body: JSON.stringify(sending.body) }),
      });

      // The body belongs to the answer, and to its time.
      const body = response.status === 204 ? null : await response.arrayBuffer();
      return new Response(body, { status: response.status, headers: response.headers });
    } catch (error) {
      sending.signal?.throwIfAborted();
      throw new SluiceConnectionError('Sluice gave no answer.', { cause: error });
    } finally {
      clearTimeout(timer);
      sending.signal?.removeEventListener('abort', stop);
    }
  }
}

async function problemOf(response: Response): Promise<SluiceApiError> {
  if (response.headers.get('content-type')?.startsWith('application/problem+json')) {
    try {
      return new SluiceApiError(response.status, await response.json());
    } catch {
      // Said below: it is not Sluice that answered.
    }
  }

  const detail = response.status === 503 ? 'The server is busy.' : "What answered is not Sluice's management API; look at the URL.";
  return new SluiceApiError(response.status, { type: response.status === 503 ? 'busy' : 'unknown', detail, errors: [] });
}

function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
