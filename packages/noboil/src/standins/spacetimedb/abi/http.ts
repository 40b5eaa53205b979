/** The wire form of `ctx.http.fetch`: requests out of the module, responses into it. */
import { BinaryReader, BinaryWriter, t } from 'spacetimedb'

/** What a module asks of the network. */
export interface HttpRequest {
  readonly method: string
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** In milliseconds; SpacetimeDB's own are 30,000 when none is given, and 180,000 at most. */
  readonly timeoutMs: number
}

export interface HttpResponse {
  /** 200 unless said otherwise. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** Answers at once: procedures are synchronous. What it throws is the module's `HttpError`. */
export type HttpFetch = (request: HttpRequest) => HttpResponse

export function decodeRequest(request: Uint8Array, body: Uint8Array | string): HttpRequest {
  const { method, uri, headers, timeout } = Request.deserialize(new BinaryReader(request))
  const timeoutMs = timeout === undefined ? DEFAULT_TIMEOUT_MS : Number(timeout.micros / 1000n)
  return {
    method: method.tag === 'Extension' ? method.value : method.tag.toUpperCase(),
    url: uri,
    headers: Object.fromEntries(
      headers.entries.map(({ name, value }) => [
        name.toLowerCase(),
        new TextDecoder().decode(value),
      ]),
    ),
    body: typeof body === 'string' ? new TextEncoder().encode(body) : Uint8Array.from(body),
    timeoutMs: Math.min(timeoutMs, MAX_TIMEOUT_MS),
  }
}

export function encodeResponse(response: HttpResponse): [head: Uint8Array, body: Uint8Array] {
  const { status = 200, headers = {}, body = '' } = response
  const encoder = new TextEncoder()
  const writer = new BinaryWriter(256)
  Response.serialize(writer, {
    headers: {
      entries: Object.entries(headers).map(([name, value]) => ({
        name,
        value: encoder.encode(value),
      })),
    },
    version: { tag: 'Http11' },
    code: status,
  })
  const bytes = typeof body === 'string' ? encoder.encode(body) : Uint8Array.from(body)
  return [writer.getBuffer(), bytes]
}

const DEFAULT_TIMEOUT_MS = 30_000
const MAX_TIMEOUT_MS = 180_000

const Method = t.enum('HttpMethod', {
  Get: t.unit(),
  Head: t.unit(),
  Post: t.unit(),
  Put: t.unit(),
  Delete: t.unit(),
  Connect: t.unit(),
  Options: t.unit(),
  Trace: t.unit(),
  Patch: t.unit(),
  Extension: t.string(),
})

const Version = t.enum('HttpVersion', {
  Http09: t.unit(),
  Http10: t.unit(),
  Http11: t.unit(),
  Http2: t.unit(),
  Http3: t.unit(),
})

const Headers = t.object('HttpHeaders', {
  entries: t.array(t.object('HttpHeaderPair', { name: t.string(), value: t.byteArray() })),
})

const Request = t.object('HttpRequest', {
  method: Method,
  headers: Headers,
  timeout: t.option(t.timeDuration()),
  uri: t.string(),
  version: Version,
})

const Response = t.object('HttpResponse', { headers: Headers, version: Version, code: t.u16() })
