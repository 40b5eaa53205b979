/**
 * What deployments tell each other: `POST /api/cache/invalidate` says that an entity has changed, `GET` on the same path asks what has
 * been applied.
 *
 * A message is named by its origin (one history of one database), its type and its revision, so that a repeat is known as one and
 * whoever was away needs only the latest.
 */
import { NoboilError } from '../errors/error.ts'

export const invalidatePath = '/api/cache/invalidate'

export interface InvalidateMessage {
  /** The entity that changed, singular or plural. */
  readonly type: string
  /** False: it goes no further. True: the receiver tells its own mirrors. Default: true. */
  readonly mirror: boolean
  /** Where it comes from first; absent: from a person or a script, and it is applied as often as it is sent. */
  readonly from: MessageOrigin | undefined
  /** For logs on both sides. */
  readonly messageId: string | undefined
}

export interface MessageOrigin {
  readonly origin: string
  /** Counts the changes of the type at its origin. */
  readonly revision: number
  /** How many deployments have passed it on. */
  readonly hops: number
}

export interface InvalidateAnswer {
  /** False: it, or a later one, was applied before. */
  readonly applied: boolean
}

/** Revisions by type by origin. */
export interface AppliedAnswer {
  readonly applied: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** Deployments that one message may pass. */
export const maxHops = 8
/** Origins that one question may name. */
export const maxAsked = 50

/** The body of a message; throws `VALIDATION_FAILED` naming the path. */
export function readMessage(body: unknown): InvalidateMessage {
  if (!isRecord(body)) throw invalid('', 'The body must be { "type": …, "mirror": false }.')
  const { type, mirror = true, origin, revision, hops = 0, messageId, ...rest } = body
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) {
    throw invalid(unknown, 'Unknown; there are type, mirror, origin, revision, hops, messageId.')
  }
  if (!isName(type)) throw invalid('type', 'Must be the name of an entity.')
  if (typeof mirror !== 'boolean') throw invalid('mirror', 'Must be true or false.')
  if (messageId !== undefined && !isName(messageId)) {
    throw invalid('messageId', 'Must be a short text.')
  }
  if (origin === undefined) return { type, mirror, from: undefined, messageId }
  if (!isName(origin)) throw invalid('origin', 'Must be the name of a deployment.')
  if (!isWhole(revision, 1)) throw invalid('revision', 'Must be a whole number of at least 1.')
  if (!isWhole(hops, 0)) throw invalid('hops', 'Must be a whole number of at least 0.')
  return { type, mirror, from: { origin, revision, hops }, messageId }
}

/** The origins a question names; throws `VALIDATION_FAILED`. */
export function readOrigins(names: readonly string[]): readonly string[] {
  if (names.length === 0 || names.length > maxAsked || !names.every(isName)) {
    throw invalid('origin', `Name 1 to ${maxAsked} origins, as in ?origin=….`)
  }
  return names
}

/** An answer of a deployment, or undefined for what is none. */
export function readAnswer(body: unknown): InvalidateAnswer | undefined {
  if (!isRecord(body) || typeof body['applied'] !== 'boolean') return undefined
  return { applied: body['applied'] }
}

/** An answer of a deployment, or undefined for what is none. */
export function readApplied(body: unknown): AppliedAnswer['applied'] | undefined {
  if (!isRecord(body) || !isRecord(body['applied'])) return undefined
  const origins = Object.values(body['applied'])
  const isMade = origins.every(
    (types) => isRecord(types) && Object.values(types).every((revision) => isWhole(revision, 0)),
  )
  return isMade ? (body['applied'] as AppliedAnswer['applied']) : undefined
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isName = (value: unknown): value is string =>
  typeof value === 'string' && /^[\w.:-]{1,128}$/.test(value)

const isWhole = (value: unknown, least: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= least

const invalid = (path: string, message: string): NoboilError =>
  new NoboilError('VALIDATION_FAILED', path === '' ? message : `${path}: ${message}`, {
    issues: [{ path, message }],
  })
