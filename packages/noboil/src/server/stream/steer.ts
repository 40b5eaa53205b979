/** What clients ask their streams to carry, read strictly: it comes from outside. */
import { NoboilError } from '../../errors/error.ts'
import { invalid } from '../../factories/shared/arguments.ts'
import { parsePosition, positionOf } from '../../wire/messages.ts'
import type { Subscribing } from '../../live/ports.ts'
import type { Connection } from './connection.ts'

export interface Asked {
  readonly id: number
  readonly path: string
  readonly args: unknown
  readonly since?: { readonly group: string; readonly epoch: string; readonly revision: number }
}

export interface Steering {
  readonly subscribe: readonly Asked[]
  readonly unsubscribe: readonly number[]
  /** Absent: as before. */
  readonly entities?: readonly string[]
}

/** Throws `VALIDATION_FAILED` naming the path, and `LIMIT_EXCEEDED` above `maxItems` of either. */
export function readSteering(body: unknown, maxItems: number): Steering {
  const names = ['subscribe', 'unsubscribe', 'entities']
  const { subscribe, unsubscribe, entities } = fields(body, '', names)
  return {
    ...(entities === undefined
      ? {}
      : { entities: readEntities(list(entities, 'entities', maxItems)) }),
    subscribe: list(subscribe, 'subscribe', maxItems).map((item, at) =>
      readAsked(item, `subscribe[${at}]`),
    ),
    unsubscribe: list(unsubscribe, 'unsubscribe', maxItems).map((item, at) =>
      readId(item, `unsubscribe[${at}]`),
    ),
  }
}

/** The fixed set of `GET /api/live`: each `q` is one query or a list of them, as JSON. */
export function readFixed(texts: readonly string[], maxItems: number): readonly Asked[] {
  const all = texts.flatMap((text, at): unknown[] => {
    let parsed: unknown
    try {
      parsed = JSON.parse(text)
    } catch {
      throw invalid(`q[${at}]`, 'Must be JSON: { "path": …, "args": … } or a list of these.')
    }
    return Array.isArray(parsed) ? parsed : [parsed]
  })
  if (all.length === 0) throw invalid('q', 'Name at least one query to follow.')
  return list(all, 'q', maxItems).map((item, at) => {
    const { path, args } = fields(item, `q[${at}]`, ['path', 'args'])
    return { id: at, path: readPath(path, `q[${at}].path`), args }
  })
}

/** The fixed entities of `GET /api/live?entity=…`. */
export function readEntities(names: readonly unknown[]): readonly string[] {
  return names.map((name, at) => {
    if (typeof name === 'string' && name !== '' && name.length <= 128) return name
    throw invalid(`entities[${at}]`, 'Must be the name of an entity.')
  })
}

/** Lets a connection carry what is asked. A foreign epoch drops what the client holds. */
export function steer(
  connection: Connection,
  steering: Steering,
  epoch: string,
  revision: number,
): void {
  const isForeign = steering.subscribe.some(({ since }) => since && since.epoch !== epoch)
  if (isForeign) connection.tell({ type: 'resync', position: positionOf(epoch, revision) })
  for (const id of steering.unsubscribe) connection.live.unsubscribe(id)
  for (const { id, path, args, since } of steering.subscribe) {
    const subscribing: Subscribing = { id, path, args }
    connection.live.subscribe(
      since === undefined || isForeign
        ? subscribing
        : { ...subscribing, since: { group: since.group, revision: since.revision } },
    )
  }
}

function readAsked(item: unknown, at: string): Asked {
  const { id, path, args, since } = fields(item, at, ['id', 'path', 'args', 'since'])
  const asked = { id: readId(id, `${at}.id`), path: readPath(path, `${at}.path`), args }
  if (since === undefined || since === null) return asked
  const { group, position } = fields(since, `${at}.since`, ['group', 'position'])
  if (typeof group !== 'string' || group.length > 128) {
    throw invalid(`${at}.since.group`, 'Must be the name of a group.')
  }
  const parsed = parsePosition(position)
  if (parsed === undefined) throw invalid(`${at}.since.position`, 'Must be a position.')
  return { ...asked, since: { group, epoch: parsed.epoch, revision: parsed.revision } }
}

function fields(
  value: unknown,
  at: string,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(at, 'Must be an object.')
  }
  for (const name of Object.keys(value)) {
    if (names.includes(name)) continue
    throw invalid(at === '' ? name : `${at}.${name}`, `Unknown; there are ${names.join(', ')}.`)
  }
  return value as Readonly<Record<string, unknown>>
}

function list(value: unknown, at: string, maxItems: number): readonly unknown[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw invalid(at, 'Must be a list.')
  if (value.length > maxItems) {
    throw new NoboilError('LIMIT_EXCEEDED', `${at} may hold at most ${maxItems} items.`, {
      limit: 'maxSubscriptions',
      max: maxItems,
      actual: value.length,
    })
  }
  return value
}

function readId(value: unknown, at: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw invalid(at, 'Must be a whole number of at least 0.')
  }
  return value
}

function readPath(value: unknown, at: string): string {
  if (typeof value !== 'string' || value === '' || value.length > 256) {
    throw invalid(at, 'Must be the path of a query.')
  }
  return value
}
