/**
 * What a client knows: for every subscription the confirmed answer, kept apart from what calls under way are expected to change.
 *
 * Confirmed answers come from the stream in commit order. Expectations are functions, applied again over each new confirmed
 * answer, in the order of their calls. One is dropped for a subscription when its call has failed, or when that subscription's
 * own answer has come past the call's commit; never because the call was answered, so that an answer which overtakes the stream
 * shows nothing old (the flicker of TanStack/db#1374 and wasp-lang/wasp#670).
 */
import { fromErrorData, type NoboilError } from '../errors/error.ts'
import { parsePosition, type StreamMessage, type Subscription } from '../wire/messages.ts'
import { canonical } from './canonical.ts'
import {
  type ArgsObject,
  clearEntry,
  covers,
  type Edit,
  editsFor,
  type Entry,
  type Group,
  isCurrent,
  type Layer,
  leaveGroup,
  type LiveState,
  newEntry,
  newGroup,
  type Point,
  render,
  type StoreLink,
  subscriptionOf,
  unknownState,
} from './entry.ts'
import { tell } from './ports.ts'
import { applySteps } from './steps.ts'

/** An answer that changes. */
export interface Live<data> {
  get(): LiveState<data>
  /** `listener` is called after each change; the answer stops it. */
  subscribe(listener: () => void): () => void
}

export class Store {
  readonly #link: StoreLink
  readonly #entries = new Map<string, Entry>()
  readonly #byId = new Map<number, Entry>()
  readonly #groups = new Map<string, Group>()
  readonly #pastEpochs = new Set<string>()
  readonly #dirty = new Set<Entry>()
  /** Joined in a tick that has not ended. */
  readonly #joining = new Set<Entry>()
  #layers: Layer[] = []
  #live = false
  /** How far the stream has come. */
  #at: Point | undefined
  #lastId = 0

  constructor(link: StoreLink) {
    this.#link = link
  }

  watch(path: string, args: ArgsObject): Live<unknown> {
    const key = `${path}:${canonical(args)}`
    return {
      get: () => this.#entries.get(key)?.state ?? unknownState,
      subscribe: (listener) => this.#subscribe(key, path, args, listener),
    }
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0
  }

  /** Subscriptions of which nothing is known yet. */
  unknownKeys(): string[] {
    return [...this.#entries.values()].filter(({ known }) => !known).map(({ key }) => key)
  }

  /** Path and arguments behind a key, while it is subscribed. */
  question(key: string): { readonly path: string; readonly args: ArgsObject } | undefined {
    return this.#entries.get(key)
  }

  /** What is shown of every subscribed answer of a path. */
  shown(path: string): unknown[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.path === path && entry.known)
      .map(({ state }) => state.data)
  }

  opened(at: Point): readonly Subscription[] {
    if (this.#at !== undefined && this.#at.epoch !== at.epoch) this.#forgetHistory(this.#at.epoch)
    this.#live = true
    this.#at = at
    return [...this.#entries.values()].map((entry) => subscriptionOf(entry, at.epoch))
  }

  lost(): void {
    for (const entry of this.#entries.values()) this.#unjoin(entry)
    this.#live = false
  }

  tick(messages: readonly StreamMessage[], at: Point | undefined): void {
    for (const message of messages) this.#message(message)
    if (at !== undefined) {
      this.#advance(at)
      // What a subscription missed comes in the tick that joins it: only then has it come as far as the stream.
      for (const entry of this.#joining) entry.joined = true
      this.#joining.clear()
    }
    this.#flush()
  }

  /** The server will not carry these; `ids` absent: it will not stream to this client at all. */
  refused(error: NoboilError, ids?: readonly number[]): void {
    const entries = ids?.map((id) => this.#byId.get(id)) ?? [...this.#entries.values()]
    for (const entry of entries) if (entry !== undefined) this.#fail(entry, error)
    this.#flush()
  }

  /** Asks anew for what had failed. */
  retry(key: string): void {
    const entry = this.#entries.get(key)
    if (entry !== undefined && this.#live && !entry.joined) this.#resubscribe([entry])
  }

  /** Drops every answer and every expectation: somebody else is looking now. */
  forget(): void {
    this.#layers = []
    for (const entry of this.#entries.values()) {
      leaveGroup(this.#groups, entry)
      clearEntry(entry)
      entry.error = null
      this.#dirty.add(entry)
    }
    this.#flush()
  }

  begin(mutationId: string, edits: readonly Edit[]): void {
    if (edits.length === 0) return
    this.#layers.push({ mutationId, edits, at: undefined })
    this.#flush()
  }

  failed(mutationId: string): void {
    this.#touch()
    this.#layers = this.#layers.filter((layer) => layer.mutationId !== mutationId)
    this.#flush()
  }

  /**
   * The call was done; its commit is at `at` or before. Answers the keys that need to be asked for beside the stream, because
   * no stream will bring them.
   */
  answered(mutationId: string, at: Point): string[] {
    const layer = this.#layers.find((layer) => layer.mutationId === mutationId)
    if (layer === undefined) return []
    layer.at ??= at
    this.#flush()
    if (this.#live || !this.#layers.includes(layer)) return []
    return [...this.#entries.values()]
      .filter((entry) => entry.known && editsFor(layer, entry).length > 0)
      .map(({ key }) => key)
  }

  /** An answer that was asked for beside the stream. One that is older than what is known is ignored. */
  fetched(key: string, value: unknown, at: Point): void {
    const entry = this.#entries.get(key)
    if (entry === undefined || this.#pastEpochs.has(at.epoch)) return
    if (entry.known && covers(this.#reached(entry), at)) return
    entry.fetched = { value, at }
    entry.known = true
    entry.error = null
    this.#dirty.add(entry)
    this.#flush()
  }

  /** Asking beside the stream was refused. */
  notFetched(key: string, error: NoboilError): void {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.joined) return
    this.#fail(entry, error)
    this.#flush()
  }

  #subscribe(key: string, path: string, args: ArgsObject, listener: () => void): () => void {
    // Each call counts for itself, also with a listener that is here already.
    const own = (): void => listener()
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      entry = newEntry(key, path, args, ++this.#lastId)
      this.#entries.set(key, entry)
      this.#byId.set(entry.id, entry)
      this.#link.added(key)
      this.#link.send({ subscribe: [subscriptionOf(entry, undefined)] })
    } else if (entry.error !== null) this.retry(key)
    entry.listeners.add(own)
    return () => this.#unsubscribe(key, own)
  }

  #unsubscribe(key: string, listener: () => void): void {
    const entry = this.#entries.get(key)
    if (entry === undefined || !entry.listeners.delete(listener) || entry.listeners.size > 0) return
    this.#entries.delete(key)
    this.#byId.delete(entry.id)
    this.#dirty.delete(entry)
    this.#joining.delete(entry)
    leaveGroup(this.#groups, entry)
    this.#link.send({ unsubscribe: [entry.id] })
    if (this.#entries.size === 0) this.#link.emptied()
  }

  #message(message: StreamMessage): void {
    switch (message.type) {
      case 'joined':
        return this.#joined(message.id, message.group)
      case 'snapshot':
        return this.#snapshot(message)
      case 'steps':
        return this.#steps(message)
      case 'failed': {
        const entry = this.#byId.get(message.id)
        return entry && this.#fail(entry, fromErrorData(message.error))
      }
      case 'settled':
        return this.#settled(message)
      case 'resync':
        return this.#resync(message.position)
      // Not of queries: whoever follows entities is told.
      case 'app-update':
      case 'hello':
      case 'bye':
        return undefined
    }
  }

  #joined(id: number, name: string): void {
    const entry = this.#byId.get(id)
    if (entry === undefined) return
    if (entry.group?.name !== name) {
      leaveGroup(this.#groups, entry)
      let group = this.#groups.get(name)
      if (group === undefined) this.#groups.set(name, (group = newGroup(name)))
      group.members.add(entry)
      entry.group = group
      if (group.known && !group.awaiting) this.#confirm(entry, group.value)
    }
    this.#joining.add(entry)
    if (entry.error !== null) {
      entry.error = null
      this.#dirty.add(entry)
    }
  }

  #snapshot({ group: name, revision, value }: StreamMessage & { type: 'snapshot' }): void {
    const group = this.#groups.get(name)
    if (group === undefined || (group.known && !group.awaiting && revision <= group.revision))
      return
    group.awaiting = false
    group.known = true
    this.#become(group, revision, value)
  }

  #steps({ group: name, from, revision, steps, end }: StreamMessage & { type: 'steps' }): void {
    const group = this.#groups.get(name)
    if (group === undefined || !group.known || group.awaiting || revision <= group.revision) return
    const value = from === group.revision ? applySteps(group.value, steps, end) : undefined
    if (value !== undefined) return this.#become(group, revision, value)
    // Something is missing in between: only a whole answer helps.
    for (const entry of group.members) entry.asOf = this.#reached(entry)
    group.awaiting = true
    this.#resubscribe([...group.members])
  }

  #settled({ mutationIds, revision }: StreamMessage & { type: 'settled' }): void {
    if (this.#at === undefined) return
    const at = { epoch: this.#at.epoch, revision }
    for (const layer of this.#layers) if (mutationIds.includes(layer.mutationId)) layer.at = at
    this.#advance(at)
  }

  #resync(position: string): void {
    const at = parsePosition(position)
    if (at === undefined || this.#at === undefined) return
    const entries = [...this.#entries.values()]
    for (const entry of entries) this.#unjoin(entry)
    if (at.epoch !== this.#at.epoch) this.#forgetHistory(this.#at.epoch)
    else for (const entry of entries) leaveGroup(this.#groups, entry)
    this.#at = at
    this.#resubscribe(entries)
  }

  #resubscribe(entries: readonly Entry[]): void {
    const unsubscribe = entries.map(({ id }) => id)
    for (const entry of entries) {
      this.#byId.delete(entry.id)
      entry.id = ++this.#lastId
      this.#byId.set(entry.id, entry)
    }
    const subscribe = entries.map((entry) => subscriptionOf(entry, undefined))
    this.#link.send({ unsubscribe, subscribe })
  }

  #become(group: Group, revision: number, value: unknown): void {
    group.revision = revision
    group.value = value
    for (const entry of group.members) this.#confirm(entry, value)
  }

  #confirm(entry: Entry, value: unknown): void {
    entry.confirmed = value
    entry.known = true
    entry.error = null
    this.#dirty.add(entry)
  }

  #fail(entry: Entry, error: NoboilError): void {
    this.#unjoin(entry)
    leaveGroup(this.#groups, entry)
    entry.error = error
    // What may not be read any more is not shown any more; what may come back stays.
    if (!error.retry) clearEntry(entry)
    else this.#link.failed(entry.key, error)
    this.#dirty.add(entry)
  }

  #unjoin(entry: Entry): void {
    entry.asOf = this.#reached(entry)
    entry.joined = false
    this.#joining.delete(entry)
  }

  #reached(entry: Entry): Point | undefined {
    if (entry.fetched !== undefined) return entry.fetched.at
    return this.#live && isCurrent(entry) ? this.#at : entry.asOf
  }

  #advance(at: Point): void {
    if (!covers(this.#at, at)) this.#at = at
  }

  #forgetHistory(epoch: string): void {
    this.#pastEpochs.add(epoch)
    for (const entry of this.#entries.values()) leaveGroup(this.#groups, entry)
  }

  /** Marks everything that an expectation reaches. */
  #touch(): void {
    for (const entry of this.#entries.values()) {
      if (this.#layers.some((layer) => editsFor(layer, entry).length > 0)) this.#dirty.add(entry)
    }
  }

  #covered(layer: Layer, entry: Entry): boolean {
    if (layer.at === undefined) return false
    if (covers(this.#reached(entry), layer.at)) return true
    return this.#live && isCurrent(entry) && this.#pastEpochs.has(layer.at.epoch)
  }

  /** Nobody needs the expectation any more, and nobody who comes later will. */
  #isOver(layer: Layer): boolean {
    const { at } = layer
    if (at === undefined) return false
    if (this.#live && !covers(this.#at, at) && !this.#pastEpochs.has(at.epoch)) return false
    return [...this.#entries.values()].every(
      (entry) => !entry.known || editsFor(layer, entry).length === 0 || this.#covered(layer, entry),
    )
  }

  /** Shows what has changed, all of it before anybody is told, so that nobody sees half of a commit. */
  #flush(): void {
    for (const entry of this.#entries.values()) {
      if (entry.fetched === undefined || !this.#live || !isCurrent(entry)) continue
      const { at } = entry.fetched
      if (this.#at?.epoch === at.epoch && !covers(this.#at, at)) continue
      entry.fetched = undefined
      this.#dirty.add(entry)
    }
    this.#touch()
    const changed: Entry[] = []
    for (const entry of this.#dirty) {
      const state = render(
        entry,
        this.#layers.filter((layer) => !this.#covered(layer, entry)),
      )
      if (state !== entry.state) changed.push(entry)
      entry.state = state
    }
    this.#dirty.clear()
    this.#layers = this.#layers.filter((layer) => !this.#isOver(layer))
    for (const { listeners } of changed) for (const listener of [...listeners]) tell(listener)
  }
}
