/**
 * One subscription as the client holds it, and how its confirmed answer and the expectations over it become what is shown.
 */
import type { NoboilError } from '../errors/error.ts'
import { positionOf, type StreamBody, type Subscription } from '../wire/messages.ts'
import { reportError } from './ports.ts'

/** Where in the server's history something is true. */
export interface Point {
  readonly epoch: string
  readonly revision: number
}

/** What is known of an answer. `data` is undefined until something is. */
export interface LiveState<data> {
  readonly data: data | undefined
  readonly error: NoboilError | null
}

export type ArgsObject = Readonly<Record<string, unknown>>

/** What a call under way is expected to change in the answers of `path`. */
export interface Edit {
  readonly path: string
  readonly matches: (args: ArgsObject) => boolean
  /** The answer as it will be. Applied again over every new confirmed answer, so it must not change what it is given. */
  readonly apply: (value: unknown, args: ArgsObject) => unknown
}

/** The expectations of one call. */
export interface Layer {
  readonly mutationId: string
  readonly edits: readonly Edit[]
  /** Where its commit is, or later; undefined while it is under way. */
  at: Point | undefined
}

/** The answers of one group of the server, shared by every subscription that joined it. */
export interface Group {
  readonly name: string
  readonly members: Set<Entry>
  revision: number
  value: unknown
  known: boolean
  /** A step was missed: nothing counts until the next snapshot. */
  awaiting: boolean
}

export interface Entry {
  readonly key: string
  readonly path: string
  readonly args: ArgsObject
  readonly listeners: Set<() => void>
  /** The subscription's id; a new one each time it is asked anew. */
  id: number
  group: Group | undefined
  /** It was joined on this connection. */
  joined: boolean
  known: boolean
  confirmed: unknown
  error: NoboilError | null
  /** How far `confirmed` is known to go while no stream says more. */
  asOf: Point | undefined
  /** An answer that was asked for beside the stream, and is ahead of it. */
  fetched: { readonly value: unknown; readonly at: Point } | undefined
  state: LiveState<unknown>
}

/** What a store asks of its stream. */
export interface StoreLink {
  /** There is a new subscription. */
  added(key: string): void
  /** There are none any more. */
  emptied(): void
  send(body: StreamBody): void
  /** Failed with what may pass: the store's `retry` asks again. */
  failed(key: string, error: NoboilError): void
}

export const unknownState: LiveState<never> = { data: undefined, error: null }

export const newEntry = (key: string, path: string, args: ArgsObject, id: number): Entry => ({
  key,
  path,
  args,
  listeners: new Set(),
  id,
  group: undefined,
  joined: false,
  known: false,
  confirmed: undefined,
  error: null,
  asOf: undefined,
  fetched: undefined,
  state: unknownState,
})

/** Forgets what was known of an answer. */
export function clearEntry(entry: Entry): void {
  entry.known = false
  entry.confirmed = undefined
  entry.asOf = undefined
  entry.fetched = undefined
}

export const newGroup = (name: string): Group => ({
  name,
  members: new Set(),
  revision: -1,
  value: undefined,
  known: false,
  awaiting: false,
})

export function leaveGroup(groups: Map<string, Group>, entry: Entry): void {
  const { group } = entry
  if (group === undefined) return
  entry.group = undefined
  group.members.delete(entry)
  if (group.members.size === 0) groups.delete(group.name)
}

/** The stream itself keeps this answer up to date. */
export const isCurrent = ({ joined, group }: Entry): boolean =>
  joined && group !== undefined && group.known && !group.awaiting

/** `reached` is at `wanted` or after it, in the same history. */
export const covers = (reached: Point | undefined, wanted: Point): boolean =>
  reached !== undefined && reached.epoch === wanted.epoch && reached.revision >= wanted.revision

export const editsFor = (layer: Layer, entry: Entry): readonly Edit[] =>
  layer.edits.filter((edit) => edit.path === entry.path && edit.matches(entry.args))

/** What is shown: the confirmed answer with every expectation that still stands. */
export function render(entry: Entry, layers: readonly Layer[]): LiveState<unknown> {
  const { state, error } = entry
  let data = entry.known ? (entry.fetched ?? { value: entry.confirmed }).value : undefined
  if (entry.known) {
    for (const layer of layers) {
      for (const edit of editsFor(layer, entry)) data = applied(edit, data, entry.args)
    }
  }
  return data === state.data && error === state.error ? state : { data, error }
}

/** The subscription as a stream is asked for it. */
export function subscriptionOf(entry: Entry, epoch: string | undefined): Subscription {
  const { id, path, args, group } = entry
  if (epoch === undefined || group === undefined || !group.known || group.awaiting)
    return { id, path, args }
  return {
    id,
    path,
    args,
    since: { group: group.name, position: positionOf(epoch, group.revision) },
  }
}

function applied(edit: Edit, value: unknown, args: ArgsObject): unknown {
  try {
    return edit.apply(value, args)
  } catch (error) {
    reportError(error)
    return value
  }
}
