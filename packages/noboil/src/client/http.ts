/**
 * Calls over HTTP: one request each, errors rebuilt from the wire, retries where repeating does no harm.
 */
import { DefinitionError } from '../errors/assert.ts'
import { fromErrorData, NoboilError } from '../errors/error.ts'
import {
  type CallAnswer,
  type CallBody,
  headers as names,
  paths,
  type StreamBody,
  wireVersion,
} from '../wire/messages.ts'
import { backoffMs, type Clock, type Fetch, type Random } from './ports.ts'

export type HeadersOption =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>)

export interface HttpOptions {
  readonly baseUrl: string
  readonly fetch: Fetch
  readonly headers: HeadersOption
  readonly credentials: RequestCredentials | undefined
  readonly clock: Clock
  readonly random: Random
  /** This client's name: what its calls wrote is told on the stream of the same name. */
  readonly client: string
}

/** `UNAVAILABLE` is also what nobody answered: then nobody knows whether the call was done. */
export type Outcome<value> =
  | { readonly ok: true; readonly value: value }
  | { readonly ok: false; readonly error: NoboilError }

/** How often and how fast a failed call is tried again. */
export interface Retry {
  /** Tries in all, the first included. */
  readonly maxAttempts: number
  readonly initialDelayMs?: number
  readonly maxDelayMs?: number
  /** Each delay is up to this many times the one before. */
  readonly base?: number
}

/** Throws {@link DefinitionError} for a base that `fetch` would take for something else, such as an address without a scheme. */
export function baseUrlOf(given = ''): string {
  if (given !== '' && !/^(https?:\/)?\//i.test(given)) {
    throw new DefinitionError(
      `createClient({ baseUrl }) is '${given}'; it must be as in 'https://app.example', or left out for the page's own origin.`,
    )
  }
  return given.replace(/\/+$/, '')
}

/** A number says how often a call that failed is tried again. */
export const retryOf = (retry: number | Retry | undefined): Retry | undefined =>
  typeof retry === 'number' ? { maxAttempts: retry + 1 } : retry

export const isUnavailable = ({ code }: NoboilError): boolean => code === 'UNAVAILABLE'

/** On what terms a call is sent. */
export interface Asked {
  readonly signal?: AbortSignal | undefined
  /** Whether whoever asks for it is still who it would be sent as; it is not sent as anybody else. */
  readonly isStill?: () => boolean
}

export class Http {
  readonly #options: HttpOptions

  constructor(options: HttpOptions) {
    this.#options = options
  }

  /** One call, tried once. */
  async call(path: string, body: CallBody, asked: Asked = {}): Promise<Outcome<CallAnswer>> {
    const outcome = await this.#post(paths.call + encodeURIComponent(path), body, asked)
    if (!outcome.ok) return outcome
    const answer = outcome.value as Partial<CallAnswer> | null
    if (typeof answer !== 'object' || answer === null || typeof answer.position !== 'string') {
      return { ok: false, error: fromErrorData(undefined) }
    }
    return { ok: true, value: answer as CallAnswer }
  }

  /** One call, tried again while `repeat` says so of what went wrong. */
  async callAgain(
    path: string,
    body: CallBody,
    retry: Retry,
    repeat: (error: NoboilError) => boolean,
    asked: Asked = {},
  ): Promise<CallAnswer> {
    const { signal, isStill = always } = asked
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.call(path, body, asked)
      if (outcome.ok) return outcome.value
      const { error } = outcome
      if (attempt >= retry.maxAttempts || signal?.aborted || !repeat(error)) throw error
      const waitMs = this.#delayMs(error, attempt, retry)
      if (waitMs === undefined) throw error
      await new Promise<void>((resolve) => this.#options.clock.after(waitMs, resolve))
      if (!isStill()) throw error
    }
  }

  /** The stream's response, or why there is none. */
  async open(signal: AbortSignal): Promise<Outcome<Response>> {
    try {
      const response = await this.#options.fetch(this.#options.baseUrl + paths.stream, {
        method: 'GET',
        headers: { ...(await this.#headers()), accept: 'text/event-stream' },
        cache: 'no-store',
        signal,
        ...this.#credentials(),
      })
      if (response.ok && response.body !== null) return { ok: true, value: response }
      return await failure(response)
    } catch {
      return { ok: false, error: unreachable() }
    }
  }

  /** Tells a stream what to carry. */
  async steer(
    connection: string,
    body: StreamBody,
    signal: AbortSignal,
  ): Promise<Outcome<unknown>> {
    try {
      return await this.#post(`${paths.stream}/${encodeURIComponent(connection)}`, body, { signal })
    } catch {
      // The app could not say its headers, or the stream has ended meanwhile.
      return { ok: false, error: unreachable() }
    }
  }

  async #post(
    path: string,
    body: unknown,
    { signal, isStill = always }: Asked,
  ): Promise<Outcome<unknown>> {
    // What the app's own headers or arguments do wrong is the app's to see, and no loss of the network.
    const headers = { ...(await this.#headers()), 'content-type': 'application/json' }
    if (!isStill()) return { ok: false, error: notSent() }
    const json = JSON.stringify(body)
    let text: string
    try {
      const response = await this.#options.fetch(this.#options.baseUrl + path, {
        method: 'POST',
        headers,
        body: json,
        ...(signal ? { signal } : {}),
        ...this.#credentials(),
      })
      if (!response.ok) return await failure(response)
      text = await response.text()
    } catch (error) {
      if (signal?.aborted) throw error
      return { ok: false, error: unreachable() }
    }
    try {
      return { ok: true, value: text === '' ? null : JSON.parse(text) }
    } catch {
      // Cut short on the way, or a page of somebody in between.
      return { ok: false, error: unreachable() }
    }
  }

  async #headers(): Promise<Record<string, string>> {
    const { headers, client } = this.#options
    const own = typeof headers === 'function' ? await headers() : headers
    return { ...own, [names.version]: String(wireVersion), [names.client]: client }
  }

  #credentials(): { credentials?: RequestCredentials } {
    const { credentials } = this.#options
    return credentials === undefined ? {} : { credentials }
  }

  #delayMs(error: NoboilError, attempt: number, retry: Retry): number | undefined {
    const { initialDelayMs = 250, maxDelayMs = 8000, base = 2 } = retry
    const growing = Math.min(maxDelayMs, initialDelayMs * base ** (attempt - 1))
    const delayMs = backoffMs(this.#options.random, 0, growing, maxDelayMs)
    if (error.code !== 'RATE_LIMITED') return delayMs
    const { retryAfter } = error.data as { readonly retryAfter: number }
    return retryAfter > maxDelayMs ? undefined : retryAfter
  }
}

const always = (): boolean => true

const notSent = (): NoboilError =>
  new NoboilError(
    'UNAVAILABLE',
    'This was not sent before somebody signed out. Sign in again, and try again.',
  )

const unreachable = (): NoboilError =>
  new NoboilError('UNAVAILABLE', 'The server could not be reached.')

/** Mostly a dev server that serves the page and does not pass `/api` on. */
const notNoboil = ({ status, url }: Response): NoboilError =>
  new NoboilError(
    'UNAVAILABLE',
    `${url || 'The server'} answered ${status}, and not as noboil does. If another server serves the page, let it pass on /api, or name noboil's in createClient({ baseUrl }).`,
  )

/** Reads why a request was refused. What is not the server's own failure is somebody in between who could not reach it. */
async function failure(response: Response): Promise<{ ok: false; error: NoboilError }> {
  try {
    const { error } = JSON.parse(await response.text()) as { readonly error?: unknown }
    if (typeof error === 'object' && error !== null)
      return { ok: false, error: fromErrorData(error) }
  } catch {
    // Not JSON: the status is all there is.
  }
  return { ok: false, error: response.status < 500 ? notNoboil(response) : unreachable() }
}
