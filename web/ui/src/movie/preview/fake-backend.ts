/** The port on the in-memory store: the reference for what the screens expect of a host. */
import { useEffect, useState, useSyncExternalStore } from 'react'
import type {
  AppError,
  CachedMovie,
  MovieActions,
  MovieBackend,
  MovieEntry,
  Session,
} from '../port.ts'
import { FakeError, type FakeState, type FakeStore, fetchTimeoutMs } from './fake-store.ts'

export function fakeBackend(store: FakeStore): MovieBackend {
  const { state: shown, connection, crash } = store.switches
  const useStore = (): FakeState => useSyncExternalStore(store.watch, () => store.state)
  const known = shown === 'ready' || shown === 'empty'
  const failure =
    shown === 'error' ? new FakeError('UNAVAILABLE', 'The preview shows an error.') : null
  const actions = actionsOn(store)
  const session = sessionOn(store)
  return {
    fetchTimeoutMs,
    errorOf: (error): AppError =>
      error instanceof FakeError ? error.app : { code: 'INTERNAL', message: String(error) },
    useConnection: () => connection,
    useSession: () => ({ ...session, user: useStore().user, isLoading: shown === 'loading' }),
    useActions: () => actions,
    useRecalls: () => useStore().recalls,
    useMovie: (tmdbId) => {
      const row = useStore().kept.get(tmdbId) ?? null
      const entry = useLoaded(store, tmdbId, known ? row : undefined)
      return failure ? { ...entry, data: undefined, error: failure } : entry
    },
    useShelf: () => {
      const { kept } = useStore()
      if (crash) throw new Error('The preview was asked to crash.')
      return { data: known ? newestFirst(kept) : undefined, error: failure }
    },
    useEntries: (wanted) => {
      const { kept } = useStore()
      const [most, setMost] = useState(5)
      const rows = known && wanted === 'all' ? [...kept.values()] : undefined
      return {
        data: rows?.slice(0, most),
        isLoading: rows === undefined && !failure,
        hasMore: (rows?.length ?? 0) > most,
        loadMore: (count = 20) => setMost((last) => last + count),
        error: failure,
      }
    },
  }
}

/** `useCacheEntry`, as far as the screens see it: a row that is missing or stale is loaded, once for each reason. */
function useLoaded(
  store: FakeStore,
  tmdbId: number,
  data: CachedMovie | null | undefined,
): MovieEntry {
  const [error, setError] = useState<unknown>(null)
  const [, beat] = useState(0)
  const leftMs = data?.expiresAt === undefined ? undefined : data.expiresAt - Date.now()
  const isStale = leftMs !== undefined && leftMs <= 0
  const reason = isStale ? `stale since ${data?.updatedAt}` : data === null ? 'missing' : undefined
  useEffect(() => {
    if (leftMs === undefined || leftMs <= 0) return undefined
    const timer = setTimeout(() => beat((count) => count + 1), leftMs)
    return () => clearTimeout(timer)
  }, [leftMs])
  useEffect(() => {
    setError(null)
    if (reason !== undefined) store.load(tmdbId).catch(setError)
  }, [store, tmdbId, reason])
  return {
    data,
    isStale,
    error,
    refresh: async () => {
      const row = await store.refresh(tmdbId)
      setError(null)
      return row
    },
  }
}

function newestFirst(kept: ReadonlyMap<number, CachedMovie>): readonly CachedMovie[] {
  return [...kept.values()].sort((a, b) => b.fetchedAt - a.fetchedAt)
}

function sessionOn(store: FakeStore): Omit<Session, 'user' | 'isLoading'> {
  return {
    signIn: ({ email, password }) =>
      store.call(() => {
        if (password.length < 8) throw new FakeError('NOT_AUTHENTICATED', 'Wrong password.')
        store.signIn(email.startsWith('maren') ? 'admin' : 'guest')
      }),
    signUp: () => store.call(() => store.signIn('guest')),
    continueAsGuest: () => store.call(() => store.signIn('guest')),
    signOut: () => store.call(() => store.change({ user: null })),
  }
}

function actionsOn(store: FakeStore): MovieActions {
  return {
    search: (text) => store.search(text),
    invalidate: (tmdbId) => store.call(() => store.invalidate(tmdbId)),
    purge: (tmdbIds) => store.call(() => store.purge(tmdbIds)),
    readMirrors: () => store.call(() => store.mirrors()),
    readUpstream: () => store.call(() => store.upstreamState()),
    turnUpstream: (mode) =>
      store.call(() => {
        store.mode = mode
        return store.upstreamState()
      }),
  }
}
