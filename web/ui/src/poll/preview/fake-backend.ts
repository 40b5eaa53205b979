/** The port on the in-memory store: the reference for what the screens expect of a host. */
import { useEffect, useState, useSyncExternalStore } from 'react'
import type {
  AppError,
  ListResult,
  PollActions,
  PollBackend,
  QuotaState,
  Session,
} from '../port.ts'
import { FakeError, type FakeStore } from './fake-store.ts'
import { type FakeState, users } from './seed.ts'

export function fakeBackend(store: FakeStore): PollBackend {
  const { state: shown, connection, crash } = store.switches
  const useStore = (): FakeState => useSyncExternalStore(store.watch, () => store.state)
  const known = shown === 'ready' || shown === 'empty'
  const failure =
    shown === 'error' ? new FakeError('UNAVAILABLE', 'The preview shows an error.') : null
  const actions = actionsOn(store)
  return {
    unlisted: 'link',
    errorOf: errorOfFake,
    useConnection: () => connection,
    useSession: () => ({
      ...sessionOn(store),
      user: useStore().user,
      isLoading: shown === 'loading',
    }),
    useActions: () => actions,
    usePolls: (scope) => {
      const { polls, user } = useStore()
      if (crash) throw new Error('The preview was asked to crash.')
      const rows = polls.filter((poll) =>
        scope === 'mine' ? poll.userId === user?._id : poll.isPublic,
      )
      return usePage(known ? rows : undefined, 4, failure)
    },
    usePoll: (pollId) => {
      const { polls } = useStore()
      const poll = polls.find((each) => each._id === pollId) ?? null
      return { data: known ? poll : undefined, error: failure }
    },
    useTally: (pollId) => {
      useStore()
      return { counts: known && pollId !== 'skip' ? store.counts(pollId) : undefined }
    },
    useVotes: (pollId) => {
      useStore()
      const page = usePage(known ? store.liveVotes(pollId) : undefined, 8, failure)
      return {
        ...page,
        counts: known ? store.counts(pollId) : undefined,
        append: ({ payload, idempotencyKey }) =>
          store.call(() => store.castOwn(pollId, payload, idempotencyKey)),
        purge: () => store.call(() => ({ deleted: store.purge(pollId) })),
        restore: () => store.call(() => ({ restored: store.restore(pollId) })),
      }
    },
    useBallotQuota: () => ({ state: useCountdown(store, useStore()) }),
    useComments: (pollId) => {
      const rows = useStore().comments.filter((comment) => comment.pollId === pollId)
      return usePage(known ? rows : undefined, 10, failure)
    },
    useBanner: () => {
      const { banner } = useStore()
      return { data: known ? banner : undefined, ...bannerOn(store) }
    },
    useProfile: () => {
      const { profile } = useStore()
      return {
        data: known ? profile : undefined,
        upsert: (value) =>
          store.call(() => {
            const current = store.state.profile ?? { displayName: '', updatedAt: 0 }
            store.change({ profile: { ...current, ...value, updatedAt: Date.now() } })
          }),
      }
    },
  }
}

function usePage<Row>(
  rows: readonly Row[] | undefined,
  firstRows: number,
  error: FakeError | null,
): ListResult<Row> {
  const [shown, setShown] = useState(firstRows)
  return {
    data: rows?.slice(0, shown),
    isLoading: rows === undefined && !error,
    hasMore: (rows?.length ?? 0) > shown,
    loadMore: (count = 20) => setShown((known) => known + count),
    error,
  }
}

function useCountdown(store: FakeStore, { user }: FakeState): QuotaState | undefined {
  const [, tick] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 500)
    return () => clearInterval(timer)
  }, [])
  return user ? store.quota() : undefined
}

function sessionOn(store: FakeStore): Omit<Session, 'user' | 'isLoading'> {
  return {
    signIn: ({ email, password }) =>
      store.call(() => {
        if (password.length < 8) throw new FakeError('NOT_AUTHENTICATED', 'Wrong password.')
        store.change({ user: email.startsWith('maren') ? users.admin : users.member })
      }),
    signUp: ({ name, email }) =>
      store.call(() => {
        if (email === users.member.email) throw new FakeError('DUPLICATE', 'Email is taken.')
        store.change({ user: { ...users.member, _id: 'u-new', name, email } })
      }),
    continueAsGuest: () => store.call(() => store.change({ user: users.guest })),
    signOut: () => store.call(() => store.change({ user: null, profile: null })),
  }
}

function bannerOn(
  store: FakeStore,
): Pick<ReturnType<PollBackend['useBanner']>, 'update' | 'remove' | 'restore'> {
  return {
    update: (value, options) =>
      store.call(() => {
        const expected = options?.expectedUpdatedAt
        if (expected !== undefined && expected !== store.state.banner?.updatedAt) {
          throw new FakeError('CONFLICT', 'The banner has changed.')
        }
        store.change({ banner: { ...value, updatedAt: Date.now() }, clearedBanner: null })
      }),
    remove: () =>
      store.call(() => store.change({ banner: null, clearedBanner: store.state.banner })),
    restore: () =>
      store.call(() => {
        const { clearedBanner } = store.state
        if (!clearedBanner) throw new FakeError('NOT_FOUND', 'Nothing to restore.')
        store.change({
          banner: { ...clearedBanner, updatedAt: Date.now() },
          clearedBanner: null,
        })
      }),
  }
}

function actionsOn(store: FakeStore): PollActions {
  return {
    createPoll: (value) => store.call(() => store.createPoll(value)),
    setVisibility: (pollId, isPublic) => store.call(() => store.patchPoll(pollId, { isPublic })),
    closePoll: (pollId) => store.call(() => store.patchPoll(pollId, { closesAt: Date.now() })),
    reopenPoll: (pollId) => store.call(() => store.patchPoll(pollId, { closesAt: undefined })),
    removePoll: (pollId) =>
      store.call(() =>
        store.change({ polls: store.state.polls.filter((poll) => poll._id !== pollId) }),
      ),
    addComment: (pollId, value) =>
      store.call(() => {
        const user = store.state.user ?? users.guest
        const row = {
          ...value,
          _id: store.newId('comment'),
          _creationTime: Date.now(),
          updatedAt: Date.now(),
          userId: user._id,
          pollId,
        }
        store.change({ comments: [row, ...store.state.comments] })
      }),
    removeComment: (commentId) =>
      store.call(() =>
        store.change({
          comments: store.state.comments.filter((comment) => comment._id !== commentId),
        }),
      ),
  }
}

function errorOfFake(error: unknown): AppError {
  return error instanceof FakeError ? error.app : { code: 'INTERNAL', message: String(error) }
}
