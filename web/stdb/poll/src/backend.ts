/**
 * The poll screens' port, on noboil's hooks for SpacetimeDB: mostly a table of calls.
 */
import { reducers, tables } from '@noboil/backend-spacetimedb/bindings'
import { errorOf } from '@noboil/web-stdb-shared/errors'
import { sessionHook } from '@noboil/web-stdb-shared/session'
import type {
  Comment,
  ListResult,
  Poll,
  PollActions,
  PollBackend,
  PollValue,
} from '@noboil/web-ui/poll'
import {
  type SpacetimeClient,
  useConnection,
  useCounts,
  useKv,
  useList,
  useLog,
  useQuota,
  useRow,
  useSingleton,
} from 'noboil/spacetimedb/react'

const pageSize = 12

const votes = {
  table: tables.vote,
  append: reducers.append_vote,
  bulkAppend: reducers.bulk_append_vote,
  rm: reducers.rm_vote,
  purge: reducers.purge_vote_by_parent,
  restore: reducers.restore_vote_by_parent,
}

const siteConfig = {
  table: tables.siteConfig,
  set: reducers.set_siteConfig,
  rm: reducers.rm_siteConfig,
  restore: reducers.restore_siteConfig,
}

const ballots = { consume: reducers.consume_ballots, record: reducers.record_ballots }
const profile = { table: tables.profile, upsert: reducers.upsert_profile }

export function spacetimeBackend(client: SpacetimeClient): PollBackend {
  const actions = actionsOf(client)
  return {
    useSession: sessionHook(client),
    useConnection,
    usePolls: (scope): ListResult<Poll> => {
      const where = (poll: Poll): boolean =>
        scope === 'mine' ? poll.userId === client.userId : poll.isPublic
      return useList(tables.poll, { where, pageSize })
    },
    usePoll: (id) => useRow(tables.poll, id.includes('.') ? id : `poll.${id}`),
    useTally: (id) => ({
      counts: useCounts(tables.vote, id === 'skip' ? 'skip' : { parent: id, field: 'optionIdx' })
        .data,
    }),
    useVotes: (id) => useLog(votes, { parent: id, counts: 'optionIdx' }, { pageSize }),
    useBallotQuota: () => useQuota(ballots),
    useComments: (id): ListResult<Comment> => useList(tables.comment, { parent: id, pageSize }),
    useBanner: () => useKv(siteConfig, 'banner'),
    useProfile: () => useSingleton(profile),
    useActions: () => actions,
    errorOf,
    unlisted: 'owner',
  }
}

const actionsOf = (client: SpacetimeClient): PollActions => ({
  createPoll: (value: PollValue) =>
    client.call(reducers.create_poll, { payload: withoutMissing(value) }),
  setVisibility: (id, isPublic) => client.call(reducers.update_poll, { id, patch: { isPublic } }),
  closePoll: (id) => client.call(reducers.update_poll, { id, patch: { closesAt: client.now() } }),
  reopenPoll: (id) => client.call(reducers.update_poll, { id, patch: {}, unset: ['closesAt'] }),
  removePoll: (id) => client.call(reducers.rm_poll, { id }),
  addComment: (parent, { text }) =>
    client.call(reducers.create_comment, { parent, payload: { text } }),
  removeComment: (id) => client.call(reducers.rm_comment, { id }),
})

function withoutMissing({ closesAt, ...value }: PollValue) {
  return { ...value, options: [...value.options], ...(closesAt === undefined ? {} : { closesAt }) }
}
