/** What hooks and clients let through, and what they do not, told by the server's type alone. */
import { describe, expect, expectTypeOf, test } from 'vitest'
import { type ClientApi, createApi } from '../client/api.ts'
import { type Client, createClient } from '../client/client.ts'
import type { Id } from '../schema/register.ts'
import type { Server } from './api.fixture.ts'
import { useKv } from './kv.ts'
import { useList } from './list.ts'
import { useQuery } from './live.ts'
import { useCounts, useLog } from './log.ts'
import { useMut } from './mut.ts'
import { useQuota } from './quota.ts'
import { useSingleton } from './singleton.ts'

const api: ClientApi<Server> = createApi<Server>()

/** Type-checked, never run. */
const types = (check: () => unknown): void => expect(check).toBeTypeOf('function')
const client: Client = createClient()

describe('the api', () => {
  test('is references where the server has functions, and nothing can be called', () => {
    expectTypeOf(api.siteConfig.get.kind).toEqualTypeOf<'query'>()
    expectTypeOf(api.vote.append.kind).toEqualTypeOf<'mutation'>()
    types(() => {
      // @ts-expect-error a reference is a name, not a function
      void api.siteConfig.get({ key: 'banner' })
      // @ts-expect-error there is no such table
      void api.siteConfg
      // @ts-expect-error a log without pub has no public reads
      void api.event.pub.list
      // @ts-expect-error a cron is not for clients
      void api.stats.sweep.path
      return api.vote.pub.list
    })
  })
})

describe('a client', () => {
  test('takes the arguments of the function and answers its result', () => {
    types(async () => {
      const row = await client.query(api.siteConfig.get, { key: 'banner' })
      expectTypeOf(row?.message).toEqualTypeOf<string | undefined>()
      expectTypeOf(await client.query(api.stats.today)).toEqualTypeOf<number>()
      expectTypeOf(await client.mutation(api.stats.reset)).toEqualTypeOf<null>()
      // @ts-expect-error not a key of the table
      await client.query(api.siteConfig.get, { key: 'baner' })
      // @ts-expect-error arguments are needed
      await client.query(api.siteConfig.get)
      // @ts-expect-error a mutation is not a query
      await client.query(api.siteConfig.rm, { key: 'banner' })
      // @ts-expect-error a query is not a mutation
      await client.mutation(api.siteConfig.get, { key: 'banner' })
      await client.mutation(api.vote.append, {
        parent: 'p',
        // @ts-expect-error an unknown field
        payload: { optionIdx: 1, voter: 'me', extra: 1 },
      })
      await client.mutation(
        api.vote.append,
        { parent: 'p', payload: { optionIdx: 1, voter: 'me' } },
        {
          optimistic(store, args) {
            store.update(
              api.vote.counts,
              { parent: args.parent, field: 'optionIdx' },
              (counts) => ({
                ...counts,
                [args.payload.optionIdx]: 1,
              }),
            )
            // @ts-expect-error the change answers what the query answers
            store.update(api.vote.counts, { parent: 'p', field: 'optionIdx' }, () => 3)
          },
        },
      )
    })
  })
})

describe('hooks', () => {
  test('useQuery knows arguments and data', () => {
    types(() => {
      expectTypeOf(useQuery(api.stats.popular, { days: 3 }).data).toEqualTypeOf<
        { readonly total: number } | undefined
      >()
      expectTypeOf(useQuery(api.stats.popular, 'skip').isLoading).toEqualTypeOf<boolean>()
      expectTypeOf(useQuery(api.stats.today).data).toEqualTypeOf<number | undefined>()
      // @ts-expect-error days is a number
      useQuery(api.stats.popular, { days: '3' })
      // @ts-expect-error arguments are needed
      useQuery(api.stats.popular)
    })
  })

  test('useKv knows keys, payload and row', () => {
    types(() => {
      const banner = useKv(api.siteConfig, 'banner')
      expectTypeOf(banner.data?.message).toEqualTypeOf<string | undefined>()
      expectTypeOf(banner.data?.isPending).toEqualTypeOf<true | undefined>()
      expectTypeOf(banner.data?.key).toEqualTypeOf<'banner' | 'maintenance' | undefined>()
      expectTypeOf(banner.remove()).toEqualTypeOf<Promise<{ deleted: boolean }>>()
      useKv(api.siteConfig, 'skip')
      void banner.update({ active: true, message: 'hi' }, { expectedUpdatedAt: null })
      // @ts-expect-error not a key of the table
      useKv(api.siteConfig, 'baner')
      // @ts-expect-error the payload is whole
      void banner.update({ active: true })
      // @ts-expect-error an unknown field
      void banner.update({ active: true, message: 'hi', colour: 'red' })
      // @ts-expect-error not a kv table
      useKv(api.vote, 'banner')
    })
  })

  test('useLog knows rows, payload, ids, counted fields and audiences', () => {
    types(async () => {
      const log = useLog(api.vote, { parent: 'p', counts: 'optionIdx' }, { audience: 'pub' })
      expectTypeOf(log.data?.[0]?.optionIdx).toEqualTypeOf<number | undefined>()
      expectTypeOf(log.data?.[0]?.isPending).toEqualTypeOf<true | undefined>()
      expectTypeOf(log.counts).toEqualTypeOf<Record<string, number> | undefined>()
      const { seq, created } = await log.append({ payload: { optionIdx: 0, voter: 'me' } })
      expectTypeOf(seq).toEqualTypeOf<number>()
      expectTypeOf(created).toEqualTypeOf<boolean>()
      const id = '' as Id<'vote'>
      const updated = await log.update(id, { optionIdx: 1 }, { unset: ['note'] })
      expectTypeOf(updated.voter).toEqualTypeOf<string>()
      await log.appendBulk([{ optionIdx: 0, voter: 'a' }])
      useLog(api.vote, 'skip')
      useCounts(api.vote, { parent: 'p', field: 'optionIdx' })
      // @ts-expect-error an unknown field
      void log.append({ payload: { optionIdx: 0, voter: 'me', x: 1 } })
      // @ts-expect-error a wrong type
      void log.append({ payload: { optionIdx: '0', voter: 'me' } })
      // @ts-expect-error an id of another table
      void log.rm('' as Id<'poll'>)
      // @ts-expect-error no field of the log
      useLog(api.vote, { parent: 'p', counts: 'nope' })
      // @ts-expect-error no field of the log
      useCounts(api.vote, { parent: 'p', field: 'nope' })
      // @ts-expect-error a log without pub has no public reads
      useLog(api.event, { parent: 'p' }, { audience: 'pub' })
      // @ts-expect-error not a log
      useLog(api.siteConfig, { parent: 'p' })
    })
  })

  test('useSingleton knows row, patch and fields', () => {
    types(async () => {
      const profile = useSingleton(api.profile)
      expectTypeOf(profile.data?.displayName).toEqualTypeOf<string | undefined>()
      expectTypeOf((await profile.upsert({ displayName: 'Ann' })).color).toEqualTypeOf<
        string | undefined
      >()
      void profile.upsert({}, { unset: ['color'], expectedUpdatedAt: 3 })
      useSingleton(api.profile, 'skip')
      // @ts-expect-error an unknown field
      void profile.upsert({ name: 'Ann' })
      // @ts-expect-error no field of the table
      void profile.upsert({}, { unset: ['nope'] })
      // @ts-expect-error not a singleton
      useSingleton(api.siteConfig)
    })
  })

  test('useList knows rows and arguments, without the page', () => {
    types(() => {
      const polls = useList(api.poll.list, {}, { pageSize: 5 })
      expectTypeOf(polls.data?.[0]?.question).toEqualTypeOf<string | undefined>()
      useList(api.poll.list)
      useList(api.poll.list, 'skip')
      useList(api.comment.list, { parent: 'p' })
      // @ts-expect-error the parent is needed
      useList(api.comment.list)
      // @ts-expect-error an unknown argument
      useList(api.comment.list, { parent: 'p', nope: 1 })
      // @ts-expect-error not paginated
      useList(api.siteConfig.get, { key: 'banner' })
    })
  })

  test('useMut knows arguments and result', () => {
    types(async () => {
      const create = useMut(api.poll.create, {
        onSuccess: (row, args) => {
          expectTypeOf(row.question).toEqualTypeOf<string>()
          expectTypeOf(args.payload.question).toEqualTypeOf<string>()
        },
        onError: (error) => error.code === 'CONFLICT',
        toast: { success: (row) => row.question, error: true },
        retry: 2,
      })
      expectTypeOf((await create({ payload: { question: 'Tea?' } }))._id).toEqualTypeOf<
        Id<'poll'>
      >()
      expectTypeOf(create.isPending).toEqualTypeOf<boolean>()
      const reset = useMut(api.stats.reset)
      await reset()
      // @ts-expect-error an unknown field
      void create({ payload: { question: 'Tea?', nope: 1 } })
      // @ts-expect-error a query is not a mutation
      useMut(api.poll.list)
    })
  })

  test('useQuota knows its arguments', () => {
    types(() => {
      const quota = useQuota(api.ballots, { cost: 2 })
      expectTypeOf(quota.state?.retryAfter).toEqualTypeOf<number | undefined>()
      useQuota(api.ballots)
      useQuota(api.ballots, 'skip')
      // @ts-expect-error cost is a number
      useQuota(api.ballots, { cost: '2' })
      // @ts-expect-error not a quota
      useQuota(api.vote)
    })
  })
})
