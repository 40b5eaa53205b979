/** Calls into a loaded module: arguments checked and encoded, results decoded, failures told apart. */
import { AlgebraicType, BinaryReader, BinaryWriter, ProductType } from 'spacetimedb'
import type { FunctionDefinition, ViewDefinition } from '../definition.ts'
import { readValue } from '../datastore/value.ts'
import { ModuleCallError } from '../errors.ts'
import { type LoadedModule, messageOf } from './load.ts'

/** Who calls, with which connection (zero: none), and when. */
export interface CallContext {
  readonly sender: bigint
  readonly connectionId: bigint
  readonly timestamp: bigint
}

/** What a view answers: rows, one encoded behind the other, or a query over the module's tables. */
export type ViewResult =
  | { readonly kind: 'rows'; readonly count: number; readonly bytes: Uint8Array }
  | { readonly kind: 'sql'; readonly sql: string }

export function callReducer(
  { hooks }: LoadedModule,
  { id }: FunctionDefinition,
  args: Uint8Array,
  { sender, connectionId, timestamp }: CallContext,
): void {
  const view = new DataView(args.buffer, args.byteOffset, args.byteLength)
  failing(hooks, () => hooks.__call_reducer__(id, sender, connectionId, timestamp, view))
}

export function callProcedure(
  { hooks }: LoadedModule,
  { id }: FunctionDefinition,
  args: Uint8Array,
  { sender, connectionId, timestamp }: CallContext,
): Uint8Array {
  const call = (): Uint8Array => hooks.__call_procedure__(id, sender, connectionId, timestamp, args)
  return Uint8Array.from(failing(hooks, call))
}

export function callView(
  { hooks }: LoadedModule,
  view: ViewDefinition,
  sender: bigint,
): ViewResult {
  const none = new Uint8Array()
  const { data } = failing(hooks, () =>
    view.isAnonymous
      ? hooks.__call_view_anon__(view.id, none)
      : hooks.__call_view__(view.id, sender, none),
  )
  const bytes = Uint8Array.from(data)
  const reader = new BinaryReader(bytes)
  if (reader.readU8() === 1) return { kind: 'sql', sql: reader.readString() }
  const count = reader.readU32()
  return { kind: 'rows', count, bytes: bytes.subarray(reader.offset) }
}

/**
 * The arguments as a client would send them.
 *
 * @throws {ModuleCallError} `refused` for a name that is no parameter, a parameter that is missing, a value of another type.
 */
export function encodeArguments(fn: FunctionDefinition, args: object): Uint8Array {
  const { params, typespace } = fn
  const names = params.elements.map(({ name = '' }) => name)
  for (const name of Object.keys(args))
    if (!names.includes(name)) throw refused(fn, `it has no parameter ${name}`)
  for (const { name = '', algebraicType } of params.elements)
    if (
      ((args as Record<string, unknown>)[name] ?? undefined) === undefined &&
      !mayBeMissing(algebraicType)
    )
      throw refused(fn, `${name} is missing`)
  try {
    const writer = new BinaryWriter(256)
    ProductType.makeSerializer(params, typespace)(writer, args)
    return writer.getBuffer()
  } catch (error) {
    throw refused(fn, messageOf(error))
  }
}

/** @throws {ModuleCallError} `refused` when the bytes are not the function's parameters, whole and nothing else. */
export function checkArguments(fn: FunctionDefinition, args: Uint8Array): void {
  const reader = new BinaryReader(args)
  try {
    readValue({ tag: 'Product', value: fn.params }, fn.typespace, reader)
  } catch (error) {
    throw refused(fn, messageOf(error))
  }
  if (reader.remaining > 0) throw refused(fn, `${reader.remaining} bytes too many`)
}

export function decodeResult(
  { returns, typespace }: FunctionDefinition,
  bytes: Uint8Array,
): unknown {
  if (returns === undefined) return undefined
  return AlgebraicType.makeDeserializer(returns, typespace)(new BinaryReader(bytes)) as unknown
}

function failing<result>(hooks: LoadedModule['hooks'], call: () => result): result {
  try {
    return call()
  } catch (error) {
    const kind = error instanceof hooks.__sender_error_class__ ? 'sender' : 'fatal'
    throw new ModuleCallError(kind, messageOf(error), error)
  }
}

function refused({ kind, name }: FunctionDefinition, reason: string): ModuleCallError {
  return new ModuleCallError('refused', `Invalid arguments for ${kind} ${name}: ${reason}.`)
}

function mayBeMissing(type: AlgebraicType): boolean {
  return type.tag === 'Sum' && type.value.variants.some(({ name }) => name === 'none')
}
