/**
 * One answer for everybody who sees the same: worked out once, told once, whoever listens.
 */
import type { Change } from '../changes/change.ts'
import { NoboilError } from '../errors/error.ts'
import { type Call } from '../factories/shared/call.ts'
import { Listing, type Scope } from '../factories/shared/operation.ts'
import type { Program } from '../program/program.ts'
import { Computed, type Computer } from './computed.ts'
import { difference, type Shape, shapeOf, valueOf } from './diff.ts'
import { followedRead, Follower } from './follow.ts'
import type { Interest } from './interests.ts'
import type {
  Chunk,
  Encode,
  LiveCursors,
  LiveLimits,
  LiveMessage,
  LiveQuery,
  LiveRead,
} from './ports.ts'
import { Ring, type RingTotal } from './ring.ts'
import type { Client, Subscription } from './subscription.ts'

/** What groups share. */
export interface GroupTools<chunk extends Chunk> extends Computer {
  readonly limits: LiveLimits
  readonly cursors: LiveCursors
  readonly encode: Encode<chunk>
  readonly ringTotal: RingTotal
  /** Steps of this group wait to be told. */
  followed(group: Group<chunk>): void
  /** Nobody listens any more. */
  idle(group: Group<chunk>): void
  failed(group: Group<chunk>, error: unknown): void
}

/** What a group answers: a query in a scope, or the value of those who may not ask. */
export type Question =
  | {
      readonly query: LiveQuery
      readonly args: unknown
      readonly scope: Scope
      readonly call: Call
    }
  | { readonly query: LiveQuery; readonly denied: unknown }

export class Group<chunk extends Chunk> extends Computed {
  readonly id: string
  readonly key: string
  readonly question: Question
  /** Clients that have joined, with their subscriptions. */
  readonly members: Map<Client<chunk>, Set<Subscription<chunk>>> = new Map()
  /** Subscriptions that join once there is an answer. */
  readonly waiting: Set<Subscription<chunk>> = new Set()
  readonly #tools: GroupTools<chunk>
  #shape: Shape | undefined
  /** Of the last message. */
  #revision = 0
  #ring: Ring<chunk> | undefined
  #snapshot: chunk | undefined
  #follower: Follower | undefined
  #followed: LiveRead | undefined

  constructor(id: string, key: string, question: Question, tools: GroupTools<chunk>) {
    super(tools)
    this.id = id
    this.key = key
    this.question = question
    this.#tools = tools
  }

  get custom(): boolean {
    return this.question.query.custom
  }

  get path(): string {
    return this.question.query.path
  }

  *program(): Program<unknown> {
    const { question } = this
    if ('denied' in question) return question.denied
    return yield* question.query.read(question.args, question.scope, question.call)
  }

  accept(value: unknown, reads: readonly LiveRead[], revision: number): void {
    let shape: Shape
    this.#follower = undefined
    this.#followed = undefined
    if (value instanceof Listing) {
      const followed = followedRead(value, reads, this.#tools.cursors)
      if (followed) {
        this.#follower = new Follower(followed.span, value, this.#tools.cursors)
        this.#followed = followed.read
      }
      shape = this.#follower?.shape ?? shapeOf(value.value())
    } else shape = shapeOf(value ?? null)
    this.#publish(shape, revision)
    for (const subscription of this.waiting) this.introduce(subscription)
    this.waiting.clear()
  }

  fail(error: unknown): void {
    this.#tools.failed(this, error)
  }

  tell(revision: number): void {
    if (this.#follower === undefined || !this.isFresh) return
    const { steps, end } = this.#follower.take()
    if (steps.length === 0 && end === undefined) return
    this.#shape = this.#follower.shape
    this.#send(
      {
        type: 'steps',
        group: this.id,
        from: this.#revision,
        revision,
        steps,
        ...(end ? { end } : {}),
      },
      revision,
    )
  }

  /** Tells a subscription of the group, and what it does not hold already. */
  introduce(subscription: Subscription<chunk>): void {
    const { client, id, told } = subscription
    const missed = this.#missedBy(subscription) ?? [this.snapshot()]
    const same = this.members.get(client)
    if (same) same.add(subscription)
    else this.members.set(client, new Set([subscription]))
    subscription.isJoined = true
    subscription.told = this
    subscription.since = undefined
    subscription.after = undefined
    if (told !== this) {
      client.send(this.#tools.encode({ type: 'joined', id, group: this.id }), undefined)
    }
    for (const chunk of missed) client.send(chunk, this.id)
  }

  /** Stops telling a subscription, which remembers how far it came. */
  suspend(subscription: Subscription<chunk>): void {
    this.waiting.delete(subscription)
    if (!subscription.isJoined) return
    const { client } = subscription
    const same = this.members.get(client)
    same?.delete(subscription)
    if (same?.size === 0) this.members.delete(client)
    subscription.isJoined = false
    subscription.since = { group: this.id, revision: this.#revision }
  }

  /** A subscription goes, joined or not. */
  leave(subscription: Subscription<chunk>): void {
    this.suspend(subscription)
    if (this.members.size === 0 && this.waiting.size === 0) this.#tools.idle(this)
  }

  /** The whole answer, made into a message once. */
  snapshot(): chunk {
    if (this.#snapshot !== undefined) return this.#snapshot
    const value = valueOf(this.#shape as Shape)
    const message = { type: 'snapshot', group: this.id, revision: this.#revision, value } as const
    const chunk = this.#tools.encode(message)
    const { maxSnapshotLength } = this.#tools.limits
    if (chunk.length > maxSnapshotLength) {
      throw new NoboilError(
        'LIMIT_EXCEEDED',
        'The answer is too large to be followed live; ask for a part of it.',
        {
          limit: 'maxSnapshotLength',
          max: maxSnapshotLength,
          actual: chunk.length,
        },
      )
    }
    return (this.#snapshot = chunk)
  }

  close(): void {
    this.isOver = true
    this.#ring?.clear()
  }

  protected override followsBy(interest: Interest<Computed>): boolean {
    return interest.read === this.#followed
  }

  protected override follow(change: Change, revision: number): void {
    const followed = (this.#follower as Follower).apply(change)
    if (followed === 'read') this.goStale(revision)
    else if (followed === 'steps') this.#tools.followed(this)
  }

  #missedBy(subscription: Subscription<chunk>): readonly chunk[] | undefined {
    const { client, since, after, told } = subscription
    // Another subscription of the client has brought it up to date.
    const holds = told === this || since?.group === this.id
    if (holds && this.members.has(client)) return []
    if (since?.group === this.id && since.revision <= this.#revision) {
      return this.#ring?.after(since.revision)
    }
    return after?.group === this.id ? this.#ring?.after(after.revision) : undefined
  }

  #publish(shape: Shape, revision: number): void {
    const before = this.#shape
    this.#shape = shape
    if (before === undefined) {
      this.#revision = revision
      this.#ring = new Ring(revision, this.#tools.limits, this.#tools.ringTotal)
      // An answer that is too large is refused before anybody joins.
      if (this.waiting.size > 0) this.snapshot()
      return
    }
    const found = difference(before, shape)
    if (found.kind === 'none') return
    if (found.kind === 'whole') {
      this.#revision = revision
      this.#snapshot = undefined
      this.#pass(this.snapshot(), revision)
      return
    }
    const { steps, end } = found
    const from = this.#revision
    this.#send(
      { type: 'steps', group: this.id, from, revision, steps, ...(end ? { end } : {}) },
      revision,
    )
  }

  #send(message: LiveMessage, revision: number): void {
    this.#revision = revision
    this.#snapshot = undefined
    this.#pass(this.#tools.encode(message), revision)
  }

  #pass(chunk: chunk, revision: number): void {
    this.#ring?.push(revision, chunk)
    for (const client of this.members.keys()) client.send(chunk, this.id)
  }
}
