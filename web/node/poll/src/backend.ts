/**
 * The poll screens' port, on noboil's hooks for Node: mostly a table of calls.
 */
import type { api as server } from '@noboil/backend-node/api'
import { errorOf } from '@noboil/web-node-shared/errors'
import { sessionHook } from '@noboil/web-node-shared/session'
import type {
  Comment,
  ListResult,
  Poll,
  PollActions,
  PollBackend,
  PollValue,
} from '@noboil/web-ui/poll'
import {
  type Client,
  createApi,
  useConnection,
  useCounts,
  useKv,
  useList,
  useLog,
  useQuery,
  useQuota,
  useSingleton,
} from 'noboil/node/react'
import type { Id } from 'noboil/schema'

const api = createApi<typeof server>()
const pageSize = 12

const pollId = (id: string): Id<'poll'> => id as Id<'poll'>

/** An id as addresses have it: without its table. */
const addressedId = (id: string): Id<'poll'> => pollId(id.includes('.') ? id : `poll.${id}`)

export function nodeBackend(client: Client): PollBackend {
  const useSession = sessionHook(client)
  const actions = actionsOf(client)
  return {
    useSession,
    useConnection,
    usePolls: (scope): ListResult<Poll> => {
      const list = scope === 'mine' ? api.poll.auth.list : api.poll.pub.list
      return useList(list, {}, { pageSize })
    },
    usePoll: (id) => useQuery(api.poll.read, { id: addressedId(id) }),
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
    now: () => client.serverNow(),
  }
}

const actionsOf = (client: Client): PollActions => ({
  createPoll: (value: PollValue) =>
    client.mutation(api.poll.create, { payload: withoutMissing(value) }),
  setVisibility: (id, isPublic) =>
    client.mutation(api.poll.update, { id: pollId(id), patch: { isPublic } }),
  closePoll: (id) =>
    client.mutation(api.poll.update, { id: pollId(id), patch: { closesAt: client.serverNow() } }),
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
