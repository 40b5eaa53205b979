/** An api as a server's type tells it, for tests of what clients make of it. */
import type * as z from 'zod/v4'
import type { BaseApi } from '../factories/base/types.ts'
import type { ChildApi } from '../factories/child/types.ts'
import type { KvApi } from '../factories/kv/types.ts'
import type { LogApi } from '../factories/log/types.ts'
import type { OwnedApi } from '../factories/owned/types.ts'
import type { QuotaApi } from '../factories/quota/types.ts'
import type { SingletonApi } from '../factories/singleton/types.ts'
import type { Mutation, Query } from '../schema/reference.ts'
import type {
  BaseTable,
  ChildTable,
  KvTable,
  LogTable,
  OwnedTable,
  SingletonTable,
} from '../schema/tables.ts'

type Text = z.ZodString
type Maybe<field extends z.ZodType> = z.ZodOptional<field>

type Poll = z.ZodObject<{ question: Text; closesAt: Maybe<z.ZodNumber> }>
type Vote = z.ZodObject<{ optionIdx: z.ZodNumber; voter: Text; note: Maybe<Text> }>
type Site = z.ZodObject<{ active: z.ZodBoolean; message: Text }>
type Movie = z.ZodObject<{ tmdbId: z.ZodNumber; title: Text }>
type Profile = z.ZodObject<{ displayName: Text; color: Maybe<Text> }>

export interface Server {
  readonly poll: OwnedApi<OwnedTable<'poll', Poll>>
  readonly comment: ChildApi<ChildTable<'comment', z.ZodObject<{ text: Text }>, 'poll'>>
  readonly vote: LogApi<
    LogTable<'vote', Vote, 'poll'>,
    { readonly pub: 'isPublic'; readonly counts: readonly ['optionIdx', 'note'] }
  >
  readonly event: LogApi<LogTable<'event', z.ZodObject<{ kind: Text }>, 'poll'>>
  readonly siteConfig: KvApi<KvTable<'siteConfig', Site, 'banner' | 'maintenance'>>
  readonly profile: SingletonApi<SingletonTable<'profile', Profile>>
  readonly ballots: QuotaApi
  readonly movie: BaseApi<BaseTable<'movie', Movie>>
  readonly stats: {
    readonly popular: Query<{ days: number }, { readonly total: number }>
    readonly today: Query<Record<string, never> | void, number>
    readonly reset: Mutation<Record<string, never> | void, null>
    readonly sweep: never
  }
}
