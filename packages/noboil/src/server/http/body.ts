/** Reading bodies: JSON, as long as the limit says and not a byte longer. */
import { isNoboilError, NoboilError } from '../../errors/error.ts'
import { invalid } from '../../factories/shared/arguments.ts'

/** A body as it arrives, with what its head says of it. */
export interface Body {
  readonly type: string | undefined
  /** The `content-length`, where there is one. */
  readonly length: string | undefined
  readonly chunks: AsyncIterable<Uint8Array>
}

/** Throws `VALIDATION_FAILED` for what is not JSON and `LIMIT_EXCEEDED` for what is too long. */
export async function readJson(body: Body, limit: string, maxBytes: number): Promise<unknown> {
  assertJson(body.type)
  if (Number(body.length ?? 0) > maxBytes) throw tooLong(limit, maxBytes)
  const text = decode(await readBytes(body.chunks, limit, maxBytes))
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw invalid('', 'The body is not JSON.')
  }
}

async function readBytes(
  source: AsyncIterable<Uint8Array>,
  limit: string,
  maxBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of source) {
      length += chunk.byteLength
      if (length > maxBytes) throw tooLong(limit, maxBytes)
      chunks.push(chunk)
    }
  } catch (error) {
    throw isNoboilError(error) ? error : invalid('', 'The body ended early.')
  }
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, length)
}

/** A form of another site cannot send this type without asking first. */
function assertJson(type: string | undefined): void {
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
