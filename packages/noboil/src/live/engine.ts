/**
 * Live queries: what one commit means to everybody who looks. Subscribers of one query who see the same share one reading and
 * one message; a commit costs what it overlaps. After every round, what a client was told is what a fresh query would answer.
 */
import type { Commit } from '../changes/change.ts'
import { NoboilError } from '../errors/error.ts'
import type { Call } from '../factories/shared/call.ts'
import { type ClientTools, callerKey, ConnectedClient, groupKey } from './client.ts'
import type { Computed } from './computed.ts'
import { Group, type GroupTools, type Question } from './group.ts'
import type {
  Chunk,
  Encode,
  LiveClient,
  LiveCursors,
  LiveLimits,
  LivePorts,
  LiveQuery,
  LiveSource,
  Sink,
} from './ports.ts'
import { Rounds } from './rounds.ts'
import { type Subscription, Viewer, type ViewerTools } from './subscription.ts'

export interface LiveOptions<chunk extends Chunk> {
  readonly source: LiveSource
  readonly cursors: LiveCursors
  readonly ports: LivePorts
  readonly limits: LiveLimits
  readonly encode: Encode<chunk>
  /** The queries that clients may follow. */
  find(path: string): LiveQuery | undefined
}

export interface LiveStatistics {
  readonly clients: number
  readonly subscriptions: number
  readonly groups: number
  readonly reads: number
  readonly keptLength: number
}

export class LiveEngine<chunk extends Chunk> {
  readonly #options: LiveOptions<chunk>
  readonly #rounds: Rounds
  readonly #groups = new Map<string, Group<chunk>>()
  readonly #viewers = new Map<string, Viewer<chunk>>()
  readonly #clients = new Set<ConnectedClient<chunk>>()
  readonly #named = new Map<string, Set<ConnectedClient<chunk>>>()
  readonly #settling = new Set<ConnectedClient<chunk>>()
  /** Groups that nobody listens to, by the time the last one went. */
  readonly #idle = new Map<Group<chunk>, number>()
  #stopSweep: (() => void) | undefined
  #made = 0
  readonly #ringTotal = { length: 0 }
  readonly #groupTools: GroupTools<chunk>
  readonly #viewerTools: ViewerTools<chunk>
  readonly #clientTools: ClientTools<chunk>

  constructor(options: LiveOptions<chunk>) {
    this.#options = options
    const { source, ports, limits, cursors } = options
    this.#rounds = new Rounds(source, ports, limits, cursors, {
      ended: (commits) => this.#roundEnded(commits),
      computed: () => this.#settle(),
      isWanted: (computed) => isWanted(computed),
    })
    this.#groupTools = this.#makeGroupTools()
    this.#viewerTools = {
      stale: (computed) => this.#rounds.stale(computed),
      seat: (viewer) => this.#seat(viewer),
      failed: (viewer, error) => this.#viewerFailed(viewer, error),
    }
    this.#clientTools = this.#makeClientTools()
  }

  get epoch(): string {
    return this.#options.source.epoch
  }

  /** The revision that everything has been told of, but for what is being read. */
  get revision(): number {
    return this.#rounds.revision
  }

  get statistics(): LiveStatistics {
    let subscriptions = 0
    for (const client of this.#clients) subscriptions += client.size
    return {
      clients: this.#clients.size,
      subscriptions,
      groups: this.#groups.size,
      reads: this.#rounds.interests,
      keptLength: this.#ringTotal.length,
    }
  }

  /** `name`: what the client's calls are marked with, so that it is told when they are settled. */
  connect(call: Call, sink: Sink<chunk>, name?: string): LiveClient {
    const client = new ConnectedClient(call, sink, name, this.#clientTools)
    this.#clients.add(client)
    if (name !== undefined) {
      const same = this.#named.get(name)
      if (same) same.add(client)
      else this.#named.set(name, new Set([client]))
    }
    return client
  }

  /** A call that changed nothing has no commit to tell of it. Calls that are settled already are left alone. */
  settle(name: string, mutationId: string, revision: number): void {
    for (const client of this.#named.get(name) ?? []) client.settle(mutationId, revision)
    this.#settle()
  }

  close(): void {
    this.#rounds.close()
    this.#stopSweep?.()
    for (const client of this.#clients) client.close()
    for (const group of this.#groups.values()) this.#drop(group)
  }

  #makeGroupTools(): GroupTools<chunk> {
    const { limits, cursors, encode } = this.#options
    return {
      limits,
      cursors,
      encode,
      ringTotal: this.#ringTotal,
      stale: (computed) => this.#rounds.stale(computed),
      followed: (group) => this.#rounds.followed(group),
      idle: (group) => this.#rest(group),
      failed: (group, error) => this.#groupFailed(group, error),
    }
  }

  #makeClientTools(): ClientTools<chunk> {
    const { limits, encode, ports } = this.#options
    const rounds = this.#rounds
    return {
      limits,
      encode,
      get revision() {
        return rounds.revision
      },
      find: (path) => this.#options.find(path),
      viewer: (query, args, argsText, call) => this.#viewer(query, args, argsText, call),
      sit: (subscription) => this.#sit(subscription),
      stand: (subscription) => this.#stand(subscription),
      onError: (error, path) => ports.onError(error, path),
      settling: (client) => this.#settling.add(client),
      closed: (client) => this.#closed(client),
    }
  }

  #viewer(query: LiveQuery, args: unknown, argsText: string, call: Call): Viewer<chunk> {
    const key = `${query.path}\n${argsText}\n${callerKey(call)}`
    let viewer = this.#viewers.get(key)
    if (viewer === undefined) {
      viewer = new Viewer(key, query, args, call, this.#viewerTools)
      this.#viewers.set(key, viewer)
    }
    return viewer
  }

  /** Puts a subscription into its viewer's group, now or once the viewer has been judged. */
  #sit(subscription: Subscription<chunk>): void {
    const { viewer } = subscription
    if (!viewer.isFresh) this.#rounds.compute(viewer)
    else this.#place(subscription)
  }

  #seat(viewer: Viewer<chunk>): void {
    for (const subscription of viewer.subscriptions) this.#place(subscription)
  }

  #place(subscription: Subscription<chunk>): void {
    const { viewer, client, id } = subscription
    const key = groupKey(viewer)
    const before = subscription.group
    if (key === undefined) return
    if (before?.key === key && (subscription.isJoined || before.waiting.has(subscription))) return
    try {
      const group = this.#group(key, viewer)
      if (before !== group) before?.leave(subscription)
      subscription.group = group
      this.#idle.delete(group)
      if (group.isFresh) group.introduce(subscription)
      else {
        group.waiting.add(subscription)
        this.#rounds.compute(group)
      }
    } catch (error) {
      ;(client as ConnectedClient<chunk>).fail(id, error, viewer.path)
    }
  }

  #group(key: string, viewer: Viewer<chunk>): Group<chunk> {
    const there = this.#groups.get(key)
    if (there) return there
    this.#makeRoom()
    const { query, args, call, access } = viewer
    const question: Question =
      access?.allowed === true
        ? { query, args, scope: access.scope, call }
        : { query, denied: access?.value }
    const group = new Group(
      `${this.#options.ports.name}.${++this.#made}`,
      key,
      question,
      this.#groupTools,
    )
    this.#groups.set(key, group)
    return group
  }

  #makeRoom(): void {
    const { maxGroups } = this.#options.limits
    if (this.#groups.size < maxGroups) return
    const [idle] = this.#idle.keys()
    if (idle === undefined) {
      throw new NoboilError('LIMIT_EXCEEDED', 'The server follows as many queries as it can.', {
        limit: 'maxGroups',
        max: maxGroups,
      })
    }
    this.#drop(idle)
  }

  #stand(subscription: Subscription<chunk>): void {
    const { viewer, group } = subscription
    subscription.group = undefined
    group?.leave(subscription)
    viewer.subscriptions.delete(subscription)
    if (viewer.subscriptions.size > 0 || this.#viewers.get(viewer.key) !== viewer) return
    this.#viewers.delete(viewer.key)
    this.#rounds.forget(viewer)
  }

  #groupFailed(group: Group<chunk>, error: unknown): void {
    this.#drop(group)
    const joined = [...group.members.values()].flatMap((subscriptions) => [...subscriptions])
    for (const subscription of [...joined, ...group.waiting]) this.#failOne(subscription, error)
  }

  #viewerFailed(viewer: Viewer<chunk>, error: unknown): void {
    for (const subscription of viewer.subscriptions) this.#failOne(subscription, error)
  }

  #failOne(subscription: Subscription<chunk>, error: unknown): void {
    const { client, id, viewer } = subscription
    ;(client as ConnectedClient<chunk>).fail(id, error, viewer.path)
  }

  /** Keeps a group for a while after the last client went, since clients come back. */
  #rest(group: Group<chunk>): void {
    if (group.isOver) return
    this.#idle.set(group, this.#options.ports.now())
    this.#sweepLater()
  }

  #sweepLater(): void {
    if (this.#stopSweep !== undefined || this.#idle.size === 0) return
    const { ports, limits } = this.#options
    this.#stopSweep = ports.setTimer(limits.lingerMs, () => {
      this.#stopSweep = undefined
      const before = ports.now() - limits.lingerMs
      for (const [group, since] of this.#idle) if (since <= before) this.#drop(group)
      this.#sweepLater()
    })
  }

  #drop(group: Group<chunk>): void {
    this.#idle.delete(group)
    this.#rounds.forget(group)
    group.close()
    if (this.#groups.get(group.key) === group) this.#groups.delete(group.key)
  }

  #roundEnded(commits: readonly Commit[]): void {
    for (const commit of commits) {
      for (const { client, mutationId } of commit.settled) {
        for (const named of this.#named.get(client) ?? []) named.settle(mutationId, commit.revision)
      }
    }
    this.#settle()
  }

  #settle(): void {
    for (const client of this.#settling) {
      if (!client.trySettle(this.#rounds.revision)) this.#settling.delete(client)
    }
  }

  #closed(client: ConnectedClient<chunk>): void {
    this.#clients.delete(client)
    this.#settling.delete(client)
    if (client.name === undefined) return
    const same = this.#named.get(client.name)
    same?.delete(client)
    if (same?.size === 0) this.#named.delete(client.name)
  }
}

/** A viewer is there for its subscriptions; a group only while somebody listens. */
const isWanted = (computed: Computed): boolean =>
  computed instanceof Group
    ? computed.members.size > 0 || computed.waiting.size > 0
    : (computed as Viewer<Chunk>).subscriptions.size > 0
