/**
 * Who listens: clients, their subscriptions, and what each caller is to each query.
 */
import type { Call } from '../factories/shared/call.ts'
import type { Access } from '../factories/shared/operation.ts'
import type { Program } from '../program/program.ts'
import { Computed, type Computer } from './computed.ts'
import type { Group } from './group.ts'
import type { Chunk, LiveQuery, LiveRead } from './ports.ts'

/** The engine's side of a client. */
export interface Client<chunk extends Chunk> {
  send(chunk: chunk, group: string | undefined): void
}

export interface Subscription<chunk extends Chunk> {
  readonly id: number
  readonly client: Client<chunk>
  /** What it holds already; of use once. */
  since: { readonly group: string; readonly revision: number } | undefined
  after: { readonly group: string; readonly revision: number } | undefined
  viewer: Viewer<chunk>
  group: Group<chunk> | undefined
  /** It gets what its group tells; otherwise it waits for an answer, or to be judged. */
  isJoined: boolean
  /** The group that its client was last told it is in. */
  told: Group<chunk> | undefined
}

export interface ViewerTools<chunk extends Chunk> extends Computer {
  /** Puts every subscription of the viewer where its access now leads. */
  seat(viewer: Viewer<chunk>): void
  failed(viewer: Viewer<chunk>, error: unknown): void
}

/** One caller of one query: judged once, however many connections the caller has. */
export class Viewer<chunk extends Chunk> extends Computed {
  readonly key: string
  readonly query: LiveQuery
  readonly args: unknown
  readonly call: Call
  readonly subscriptions: Set<Subscription<chunk>> = new Set()
  access: Access<unknown> | undefined
  readonly #tools: ViewerTools<chunk>

  constructor(key: string, query: LiveQuery, args: unknown, call: Call, tools: ViewerTools<chunk>) {
    super(tools)
    this.key = key
    this.query = query
    this.args = args
    this.call = call
    this.#tools = tools
  }

  get custom(): boolean {
    return false
  }

  /** Nobody is told anything on the strength of rights that may be gone. */
  override get isStrict(): boolean {
    return true
  }

  override goStale(revision: number): void {
    super.goStale(revision)
    for (const subscription of this.subscriptions) subscription.group?.suspend(subscription)
  }

  get path(): string {
    return this.query.path
  }

  program(): Program<unknown> {
    return this.query.access(this.call, this.args)
  }

  accept(value: unknown, _reads: readonly LiveRead[]): void {
    this.access = value as Access<unknown>
    this.#tools.seat(this)
  }

  fail(error: unknown): void {
    this.#tools.failed(this, error)
  }

  tell(): void {}
}
