/** What the pages' own notation of types stands for, and what it is held against. */
import { number, object, string } from 'zod/v4'
import type { BaseApi, BaseRow, KvApi, KvRow, LogApi, LogOptions, LogRow } from 'noboil/node'
import type { ArgsOf, FunctionReference, HookContext, Payload, ResultOf } from 'noboil/schema'
import { schema } from 'noboil/schema'

const s = schema({
  base: { movie: object({ tmdbId: number(), title: string() }) },
  owned: { poll: object({}) },
  kv: { siteConfig: { schema: object({ message: string() }) } },
  log: { vote: { parent: 'poll', schema: object({ optionIdx: number(), voter: string() }) } },
})

type Movie = typeof s.movie
type Vote = typeof s.vote
type SiteConfig = typeof s.siteConfig

export interface Base {
  readonly api: BaseApi<Movie>
  readonly row: BaseRow<Movie>
  readonly payload: Payload<Movie>
}

export interface Kv {
  readonly api: KvApi<SiteConfig>
  readonly row: KvRow<SiteConfig>
  readonly payload: Payload<SiteConfig>
}

export interface Log {
  readonly api: LogApi<Vote, { readonly pub: 'isPublic'; readonly search: 'voter' }>
  readonly row: LogRow<Vote>
  readonly payload: Payload<Vote>
  readonly hooks: NonNullable<LogOptions<Payload<Vote>, LogRow<Vote>>['hooks']>
}

/** Compiles where the function takes what the page gives it, and answers what the page says. */
export type Speaks<
  fn extends FunctionReference<kind, never, unknown>,
  kind extends 'query' | 'mutation' | 'action',
  args extends ArgsOf<fn>,
  answer extends Answers<ResultOf<fn>, answer>,
> = [fn, kind, args, answer]

type Answers<result, answer> = [result] extends [answer] ? unknown : never

/** Compiles where a function of the page's shape is taken for the hook, and the hook is given what the page names. */
export type Hooks<
  hook extends (ctx: HookContext, event: never) => unknown,
  fields extends keyof EventOf<hook>,
  fn extends hook,
> = [hook, fields, fn]

export type EventOf<hook> = hook extends (ctx: HookContext, event: infer event) => unknown
  ? event
  : never
