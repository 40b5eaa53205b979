/** One connected client: its subscriptions, and what it has been told. */
import { NoboilError, toErrorData } from '../errors/error.ts'
import type { Call } from '../factories/shared/call.ts'
import { canonicalJson } from '../schema/values.ts'
import type {
  Chunk,
  Encode,
  LiveClient,
  LiveLimits,
  LiveQuery,
  Sink,
  Subscribing,
} from './ports.ts'
import type { Client, Subscription, Viewer } from './subscription.ts'

export interface ClientTools<chunk extends Chunk> {
  readonly limits: LiveLimits
  readonly encode: Encode<chunk>
  /** The revision that everything has been told of. */
  readonly revision: number
  find(path: string): LiveQuery | undefined
  viewer(query: LiveQuery, args: unknown, argsText: string, call: Call): Viewer<chunk>
  sit(subscription: Subscription<chunk>): void
  stand(subscription: Subscription<chunk>): void
  onError(error: unknown, path: string): void
  /** Something waits to be settled. */
  settling(client: ConnectedClient<chunk>): void
  closed(client: ConnectedClient<chunk>): void
}

/** How many ids of told calls a client is remembered to know. */
const maxSettled = 1_000

export class ConnectedClient<chunk extends Chunk> implements Client<chunk>, LiveClient {
  readonly name: string | undefined
  readonly #sink: Sink<chunk>
  readonly #tools: ClientTools<chunk>
  readonly #subscriptions = new Map<number, Subscription<chunk>>()
  #call: Call
  #settles: { readonly mutationId: string; readonly revision: number }[] = []
  readonly #settled = new Set<string>()
  #isClosed = false

  constructor(call: Call, sink: Sink<chunk>, name: string | undefined, tools: ClientTools<chunk>) {
    this.#call = call
    this.#sink = sink
    this.name = name
    this.#tools = tools
  }

  get size(): number {
    return this.#subscriptions.size
  }

  get revision(): number {
    let through = this.#tools.revision
    for (const { viewer, group, told } of this.#subscriptions.values()) {
      if (told === undefined) continue
      through = Math.min(through, viewer.validThrough, group?.validThrough ?? through)
    }
    return through
  }

  get isComplete(): boolean {
    for (const { isJoined } of this.#subscriptions.values()) if (!isJoined) return false
    return true
  }

  get groups(): ReadonlyMap<number, string> {
    const groups = new Map<number, string>()
    for (const { id, group } of this.#subscriptions.values()) if (group) groups.set(id, group.id)
    return groups
  }

  send(chunk: chunk, group: string | undefined): void {
    if (!this.#isClosed) this.#sink.send(chunk, group)
  }

  subscribe(subscribing: Subscribing): void {
    if (this.#isClosed) return
    const { id, path } = subscribing
    this.unsubscribe(id)
    try {
      const { query, args, argsText } = this.#read(subscribing)
      const viewer = this.#tools.viewer(query, args, argsText, this.#call)
      const { since, after } = subscribing
      const subscription: Subscription<chunk> = {
        id,
        client: this,
        since,
        // A place that this server has not come to says nothing.
        after: after && after.revision <= this.#tools.revision ? after : undefined,
        viewer,
        group: undefined,
        isJoined: false,
        told: undefined,
      }
      this.#subscriptions.set(id, subscription)
      viewer.subscriptions.add(subscription)
      this.#tools.sit(subscription)
    } catch (error) {
      this.fail(id, error, path)
    }
  }

  unsubscribe(id: number): void {
    const subscription = this.#subscriptions.get(id)
    if (subscription === undefined) return
    this.#subscriptions.delete(id)
    this.#tools.stand(subscription)
  }

  /** A subscription that cannot be answered is over. */
  fail(id: number, error: unknown, path: string): void {
    const data = toErrorData(error)
    if (data.code === 'INTERNAL') this.#tools.onError(error, path)
    this.unsubscribe(id)
    this.send(this.#tools.encode({ type: 'failed', id, error: data }), undefined)
  }

  setCall(call: Call): void {
    this.#call = call
    for (const subscription of this.#subscriptions.values()) {
      const { query, args } = subscription.viewer
      this.#tools.stand(subscription)
      subscription.viewer = this.#tools.viewer(query, args, canonicalJson(args), call)
      subscription.viewer.subscriptions.add(subscription)
      this.#tools.sit(subscription)
    }
  }

  resend(id: string): void {
    for (const { group } of this.#subscriptions.values()) {
      if (group?.id !== id || !group.members.has(this)) continue
      this.send(group.snapshot(), id)
      return
    }
  }

  settle(mutationId: string, revision: number): void {
    if (this.#isClosed || this.#settled.has(mutationId)) return
    this.#settled.add(mutationId)
    if (this.#settled.size > maxSettled) {
      const [oldest] = this.#settled
      this.#settled.delete(oldest as string)
    }
    this.#settles.push({ mutationId, revision })
    this.#tools.settling(this)
  }

  /** Tells of calls whose writes have all been told of. Answers whether some still wait. */
  trySettle(revision: number): boolean {
    const through = this.#validThrough(revision)
    const told = this.#settles.filter((entry) => entry.revision <= through)
    if (told.length > 0) {
      this.#settles = this.#settles.filter((entry) => entry.revision > through)
      const mutationIds = told.map(({ mutationId }) => mutationId)
      const newest = Math.max(...told.map((entry) => entry.revision))
      this.#sink.sendAfter(this.#tools.encode({ type: 'settled', mutationIds, revision: newest }))
    }
    return this.#settles.length > 0
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const subscription of this.#subscriptions.values()) this.#tools.stand(subscription)
    this.#subscriptions.clear()
    this.#settles = []
    this.#tools.closed(this)
  }

  /** Up to where everything that this client follows has been told. */
  #validThrough(revision: number): number {
    let through = revision
    for (const { viewer, group, isJoined } of this.#subscriptions.values()) {
      if (!isJoined || group === undefined) return -1
      through = Math.min(through, viewer.validThrough, group.validThrough)
    }
    return through
  }

  #read({ path, args: input }: Subscribing): {
    readonly query: LiveQuery
    readonly args: unknown
    readonly argsText: string
  } {
    const { maxSubscriptions, maxArgsLength } = this.#tools.limits
    if (this.#subscriptions.size >= maxSubscriptions) {
      throw new NoboilError(
        'LIMIT_EXCEEDED',
        `One client may follow ${maxSubscriptions} queries at a time.`,
        { limit: 'maxSubscriptions', max: maxSubscriptions },
      )
    }
    const query = this.#tools.find(path)
    if (query === undefined) throw new NoboilError('NOT_FOUND', 'There is no such query.')
    const length = lengthOf(input)
    if (length > maxArgsLength) {
      throw new NoboilError('LIMIT_EXCEEDED', 'The arguments are too long to be followed.', {
        limit: 'maxArgsLength',
        max: maxArgsLength,
        ...(Number.isFinite(length) ? { actual: length } : {}),
      })
    }
    const args = query.args(input)
    return { query, args, argsText: canonicalJson(args) }
  }
}

/** As JSON; what is nested too deep to be written is longer than anything. */
function lengthOf(input: unknown): number {
  try {
    return JSON.stringify(input)?.length ?? 0
  } catch {
    return Infinity
  }
}

/** Names a group: who asks in the same words and sees the same. */
export function groupKey<chunk extends Chunk>(viewer: Viewer<chunk>): string | undefined {
  const { access, query, args, call } = viewer
  if (access === undefined) return undefined
  const asked = `${query.path}\n${canonicalJson(args)}`
  if (!access.allowed) return `${asked}\ndenied\n${canonicalJson(access.value)}`
  if (query.custom) return `${asked}\ncaller\n${callerKey(call)}`
  return `${asked}\nscope\n${JSON.stringify(access.scope.user)}`
}

/** Names a caller, with everything that a policy may look at. */
export const callerKey = (call: Call): string =>
  `${call.internal ? 'internal' : 'caller'} ${canonicalJson(call.user)}`
