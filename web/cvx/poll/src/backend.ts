/**
 * The poll screens' port, on noboil's hooks for Convex: mostly a table of calls.
 */
import { api } from '@noboil/backend-convex/api'
import { errorOf } from '@noboil/web-cvx-shared/errors'
import { sessionHook } from '@noboil/web-cvx-shared/session'
import type {
  Comment,
  ListResult,
  Poll,
  PollActions,
  PollBackend,
  PollValue,
} from '@noboil/web-ui/poll'
import type { ConvexReactClient } from 'convex/react'
import {
  useConnection,
  useCounts,
  useKv,
  useList,
  useLog,
  useQuery,
  useQuota,
  useSingleton,
} from 'noboil/convex/react'
import type { Id } from 'noboil/convex/schema'

const pageSize = 12

const pollId = (id: string): Id<'poll'> => id as Id<'poll'>

export function convexBackend(client: ConvexReactClient): PollBackend {
  const useSession = sessionHook(client)
  const actions = actionsOf(client)
  return {
    useSession,
    useConnection,
    usePolls: (scope): ListResult<Poll> => {
      const list = scope === 'mine' ? api.poll.auth.list : api.poll.pub.list
      return useList(list, {}, { pageSize })
    },
    usePoll: (id) => useQuery(api.poll.read, { id: pollId(id) }),
    useTally: (id) => ({
      counts: useCounts(api.vote, id === 'skip' ? 'skip' : { parent: id, field: 'optionIdx' }).data,
    }),
    useVotes: (id) => useLog(api.vote, { parent: id, counts: 'optionIdx' }, { pageSize }),
    useBallotQuota: () => {
      const { user } = useSession()
      return useQuota(api.ballots, user === null ? 'skip' : {})
    },
    useComments: (id): ListResult<Comment> =>
      useList(api.comment.list, { parent: id }, { pageSize }),
    useBanner: () => useKv(api.siteConfig, 'banner'),
    useProfile: () => useSingleton(api.profile),
    useActions: () => actions,
    errorOf,
    unlisted: 'owner',
  }
}

const actionsOf = (client: ConvexReactClient): PollActions => ({
  createPoll: (value: PollValue) =>
    client.mutation(api.poll.create, { payload: withoutMissing(value) }),
  setVisibility: (id, isPublic) =>
    client.mutation(api.poll.update, { id: pollId(id), patch: { isPublic } }),
  closePoll: (id) =>
    client.mutation(api.poll.update, { id: pollId(id), patch: { closesAt: Date.now() } }),
  reopenPoll: (id) =>
    client.mutation(api.poll.update, { id: pollId(id), patch: {}, unset: ['closesAt'] }),
  removePoll: (id) => client.mutation(api.poll.rm, { id: pollId(id) }),
  addComment: (parent, { text }) =>
    client.mutation(api.comment.create, { parent, payload: { text } }),
  removeComment: (id) => client.mutation(api.comment.rm, { id: id as Id<'comment'> }),
})

function withoutMissing({ closesAt, ...value }: PollValue) {
  return { ...value, options: [...value.options], ...(closesAt === undefined ? {} : { closesAt }) }
}
