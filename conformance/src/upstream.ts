/**
 * The source that the app's base tables fetch from: it says what a case tells it to. Fetchers answer at once unless a case holds
 * them, so that hosts that cannot wait run them too. There is one per process, whatever bundles the app.
 */
import type { Fetched, FetchContext } from 'noboil/node'

/** What a fetcher is given, as far as the app's use it. */
type Asked = Pick<FetchContext, 'previous' | 'unchanged'>

export class Upstream {
  /** The keys that were asked for, in order. */
  readonly asked: string[] = []
  /** Part of everything it says. */
  version = 1
  /** It throws this. */
  failure: string | undefined
  /** It has nothing under any key. */
  isEmpty = false
  /** It says that what is kept still holds, where something is. */
  isUnchanged = false
  /** It says this in place of a row. */
  nonsense: unknown
  #waiting: { readonly count: number; readonly reached: () => void }[] = []
  #held: PromiseWithResolvers<void> | undefined

  reset(): void {
    this.release()
    this.asked.length = 0
    this.version = 1
    this.failure = undefined
    this.isEmpty = false
    this.isUnchanged = false
    this.nonsense = undefined
  }

  /** What a fetcher answers; `row`: what it says of the key as things are. */
  ask<row extends object>(
    key: string,
    ctx: Asked,
    row: (version: number) => row,
  ): Fetched<row> | Promise<Fetched<row>> {
    this.asked.push(key)
    for (const { count, reached } of this.#waiting) if (this.asked.length >= count) reached()
    if (this.failure !== undefined) throw new Error(this.failure)
    if (this.nonsense !== undefined) return this.nonsense as row
    if (this.isEmpty) return null
    if (this.isUnchanged && ctx.previous !== null) return ctx.unchanged
    const said = row(this.version)
    return this.#held === undefined ? said : this.#held.promise.then(() => said)
  }

  /** Fetchers that are asked from now on wait for {@link release}, with what there was to say when they asked. */
  hold(): void {
    this.#held ??= Promise.withResolvers()
  }

  get isHeld(): boolean {
    return this.#held !== undefined
  }

  release(): void {
    this.#held?.resolve()
    this.#held = undefined
  }

  /** Resolves when it has been asked so often. */
  async isAsked(count: number): Promise<void> {
    if (this.asked.length >= count) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push({ count, reached: resolve })
    await promise
  }
}

const name = Symbol.for('noboil.conformance.upstream')
const shared = globalThis as { [name]?: Upstream }

export const upstream: Upstream = (shared[name] ??= new Upstream())
