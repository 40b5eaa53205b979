/**
 * What a client sent, read: a text of the sync protocol, or a sentence that says why it is none.
 */
import { jsonToConvex, type JSONValue, type Value } from 'convex/values'
import type { AddQuery, ClientMessage, ModifyQuerySet } from './protocol.ts'

/** Of one message; the client itself sends far fewer. */
const maxModifications = 10_000

type Fields = Readonly<Record<string, unknown>>

/** Throws a sentence. */
export function readMessage(text: string): ClientMessage {
  const message = fieldsOf(parsed(text), 'A message')
  switch (message['type']) {
    case 'Connect':
      return {
        type: 'Connect',
        sessionId: textOf(message, 'sessionId'),
        ...optional(message, 'maxObservedTimestamp', momentOf),
      }
    case 'Authenticate':
      return {
        type: 'Authenticate',
        tokenType: oneOf(message, 'tokenType', ['User', 'Admin', 'None']),
        baseVersion: countOf(message, 'baseVersion'),
        ...optional(message, 'value', textOf),
      }
    case 'ModifyQuerySet':
      return {
        type: 'ModifyQuerySet',
        baseVersion: countOf(message, 'baseVersion'),
        newVersion: countOf(message, 'newVersion'),
        modifications: modificationsOf(message),
      }
    case 'Mutation':
    case 'Action':
      return { type: message['type'], requestId: countOf(message, 'requestId'), ...callOf(message) }
    case 'Event':
      return { type: 'Event' }
    default:
      throw new Error(`There is no message of the type ${shown(message['type'])}.`)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error('A message must be JSON.', { cause: error })
  }
}

function modificationsOf(message: Fields): ModifyQuerySet['modifications'] {
  const given = listOf(message, 'modifications')
  if (given.length > maxModifications) {
    throw new Error(`One message may change ${maxModifications} queries, not ${given.length}.`)
  }
  return given.map((each) => {
    const change = fieldsOf(each, 'A modification')
    const queryId = countOf(change, 'queryId')
    if (oneOf(change, 'type', ['Add', 'Remove']) === 'Remove') return { type: 'Remove', queryId }
    return { type: 'Add', queryId, ...callOf(change), ...journalOf(change) }
  })
}

function journalOf({ journal }: Fields): Pick<AddQuery, 'journal'> {
  if (journal === undefined) return {}
  if (journal === null || typeof journal === 'string') return { journal }
  throw new Error(`The field 'journal' must be a text, not ${shown(journal)}.`)
}

const callOf = (fields: Fields): { udfPath: string; args: Readonly<Record<string, Value>> } => ({
  udfPath: textOf(fields, 'udfPath'),
  args: readArgs(listOf(fields, 'args')),
})

/** Arguments as calls carry them, in Convex's JSON: a list of one object. Throws a sentence. */
export function readArgs([args = {}]: readonly unknown[]): Readonly<Record<string, Value>> {
  const fields = fieldsOf(args, 'The arguments of a call')
  try {
    return jsonToConvex(fields as JSONValue) as Record<string, Value>
  } catch (error) {
    throw new Error(`The arguments of a call must be Convex values: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new Error(`${what} must be an object, not ${shown(value)}.`)
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name]
  return typeof value === 'string' ? value : wrong(name, 'a text', value)
}

/** A moment as the wire has it: eight bytes in base64. */
function momentOf(fields: Fields, name: string): string {
  const text = textOf(fields, name)
  return /^[A-Za-z0-9+/]{11}=$/.test(text) ? text : wrong(name, 'a moment', text)
}

function countOf(fields: Fields, name: string): number {
  const value = fields[name]
  return Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number)
    : wrong(name, 'a number from 0', value)
}

function listOf(fields: Fields, name: string): readonly unknown[] {
  const value: unknown = fields[name]
  return Array.isArray(value) ? value : wrong(name, 'a list', value)
}

function oneOf<name extends string>(fields: Fields, field: string, names: readonly name[]): name {
  const found = names.find((name) => name === fields[field])
  return found ?? wrong(field, `one of ${names.join(', ')}`, fields[field])
}

const optional = <name extends string>(
  fields: Fields,
  name: name,
  read: (fields: Fields, name: string) => string,
): { readonly [key in name]?: string } =>
  (fields[name] === undefined ? {} : { [name]: read(fields, name) }) as { [key in name]?: string }

function wrong(name: string, expected: string, value: unknown): never {
  throw new Error(`The field '${name}' must be ${expected}, not ${shown(value)}.`)
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing'
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
