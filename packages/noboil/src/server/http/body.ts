/** Reading bodies: JSON, as long as the limit says and not a byte longer. */
import { NoboilError } from '../../errors/error.ts'
import { invalid } from '../../factories/shared/arguments.ts'

/** Throws `VALIDATION_FAILED` for what is not JSON and `LIMIT_EXCEEDED` for what is too long. */
export async function readJson(
  request: Request,
  limit: string,
  maxBytes: number,
): Promise<unknown> {
  assertJson(request.headers.get('content-type'))
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > maxBytes) throw tooLong(limit, maxBytes)
  const text = decode(await readBytes(request, limit, maxBytes))
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw invalid('', 'The body is not JSON.')
  }
}

async function readBytes(request: Request, limit: string, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = request.body?.getReader()
  if (reader === undefined) return new Uint8Array(0)
  for (;;) {
    const { done, value } = await read(reader)
    if (done) break
    length += value.byteLength
    if (length > maxBytes) {
      await reader.cancel().catch(() => {})
      throw tooLong(limit, maxBytes)
    }
    chunks.push(value)
  }
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, length)
}

type Read =
  | { readonly done: true; readonly value?: undefined }
  | { readonly done: false; readonly value: Uint8Array }

async function read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Read> {
  try {
    return (await reader.read()) as Read
  } catch {
    throw invalid('', 'The body ended early.')
  }
}

/** A form of another site cannot send this type without asking first. */
function assertJson(type: string | null): void {
  const media = type?.split(';')[0]?.trim().toLowerCase()
  if (media !== 'application/json') {
    throw invalid('', 'The body must be sent as application/json.')
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid('', 'The body is not UTF-8.')
  }
}

const tooLong = (limit: string, max: number): NoboilError =>
  new NoboilError('LIMIT_EXCEEDED', `The body may be at most ${max} bytes long.`, { limit, max })
