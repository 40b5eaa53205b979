/** The admin's page: everything that is kept, and the catalogue's switch. */
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { signInPath } from '../account/paths.ts'
import { Button, ButtonLink } from '../base/button.tsx'
import { Confirm } from '../base/dialog.tsx'
import { useTitle } from '../base/shell.tsx'
import { EmptyState, Notice, Skeleton } from '../base/surfaces.tsx'
import { useNow } from '../base/time-ago.tsx'
import { useToast } from '../base/toast.tsx'
import { useAttempt, useBackend, useSentence } from './backend.tsx'
import { ageText, freshnessOf, spanText } from './copy.ts'
import { Dial } from './dial.tsx'
import { Mirrors } from './mirrors.tsx'
import { isAdmin } from './people.ts'
import type { CachedMovie } from './port.ts'
import { Recalls } from './recalls.tsx'
import { filmPath, routes } from './routes.ts'
import { siteName } from './site.ts'
import { UpstreamSwitch } from './upstream-switch.tsx'

export function AdminPage(): ReactNode {
  useTitle('Admin', siteName)
  const { user, isLoading } = useBackend().useSession()
  if (!user && isLoading) return <LoadingAdmin />
  if (!isAdmin(user)) return <NotAdmin signedIn={user !== null} />
  return (
    <div className="movie-admin">
      <h1 className="page-title" tabIndex={-1}>
        What is kept
      </h1>
      <Entries />
      <UpstreamSwitch />
      <Mirrors />
      <Recalls max={8} />
    </div>
  )
}

function Entries(): ReactNode {
  const entries = useBackend().useEntries('all')
  const sentence = useSentence()
  const nowMs = useNow(1_000)
  const { data } = entries
  if (entries.error && !data) {
    return (
      <Notice look="error" role="alert">
        {sentence(entries.error, 'list')}
      </Notice>
    )
  }
  if (!data) return <Skeleton height="18rem" />
  return (
    <section className="entries sheet" aria-labelledby="entries">
      <div className="list-head">
        <h2 className="list-head__title" id="entries">
          {data.length === 0 ? 'Nothing is kept' : countText(data.length, entries.hasMore)}
        </h2>
        {data.length > 0 && <PurgeAll />}
      </div>
      {data.length === 0 ? (
        <p className="quiet">Films appear here as people open them.</p>
      ) : (
        <ul className="entries__list">
          {data.map((film) => (
            <Entry key={film.key} film={film} nowMs={nowMs} />
          ))}
        </ul>
      )}
      {entries.hasMore && (
        <Button look="line" busy={entries.isLoading} onClick={() => entries.loadMore()}>
          Show more
        </Button>
      )}
    </section>
  )
}

interface EntryProps {
  readonly film: CachedMovie
  readonly nowMs: number
}

function Entry({ film, nowMs }: EntryProps): ReactNode {
  const { invalidate, purge } = useBackend().useActions()
  const attempt = useAttempt()
  const [busy, setBusy] = useState<'mark' | 'remove'>()
  const act = async (doing: 'mark' | 'remove', run: () => Promise<unknown>): Promise<void> => {
    if (busy) return
    setBusy(doing)
    await attempt({ doing: 'manage', run })
    setBusy(undefined)
  }
  return (
    <li className="entry">
      <Dial copy={film} nowMs={nowMs} />
      <span className="entry__text">
        <Link href={filmPath(film.tmdbId)} className="entry__title">
          {film.title}
        </Link>
        <span className="entry__facts">
          No. {film.key} · {ageText(nowMs - film.fetchedAt)} old · {standingOf(film, nowMs)}
        </span>
      </span>
      <span className="entry__acts">
        <Button
          look="plain"
          size="small"
          busy={busy === 'mark'}
          disabled={film.expiresAt === 0}
          aria-label={`Mark as stale: ${film.title}`}
          onClick={() => void act('mark', () => invalidate(film.tmdbId))}
        >
          Mark as stale
        </Button>
        <Button
          look="plain"
          size="small"
          busy={busy === 'remove'}
          aria-label={`Remove: ${film.title}`}
          onClick={() => void act('remove', () => purge([film.tmdbId]))}
        >
          Remove
        </Button>
      </span>
    </li>
  )
}

function PurgeAll(): ReactNode {
  const { purge } = useBackend().useActions()
  const sentence = useSentence()
  const toast = useToast()
  const [asking, setAsking] = useState(false)
  return (
    <>
      <Button look="line" size="small" onClick={() => setAsking(true)}>
        Remove all
      </Button>
      <Confirm
        open={asking}
        title="Remove every copy?"
        action="Remove all copies"
        danger
        onConfirm={async () => {
          const { deleted } = await purge()
          toast({ text: deleted === 1 ? '1 copy removed.' : `${deleted} copies removed.` })
        }}
        onClose={() => setAsking(false)}
        sentenceOf={(error) => sentence(error, 'manage')}
      >
        The catalogue still has every film: whoever opens one next waits for it once.
      </Confirm>
    </>
  )
}

function standingOf(film: CachedMovie, nowMs: number): string {
  switch (freshnessOf(film, nowMs)) {
    case 'marked':
      return 'marked as stale'
    case 'stale':
      return 'stale'
    case 'fresh':
      return film.expiresAt === undefined
        ? 'fresh'
        : `fresh for ${spanText(film.expiresAt - nowMs)}`
  }
}

function countText(count: number, hasMore: boolean): string {
  if (count === 1) return '1 film'
  return hasMore ? `The first ${count} films` : `${count} films`
}

function NotAdmin({ signedIn }: { readonly signedIn: boolean }): ReactNode {
  return (
    <EmptyState
      level="page"
      title="This page is for admins"
      action={
        signedIn ? (
          <ButtonLink href={routes.home}>Look for a film</ButtonLink>
        ) : (
          <ButtonLink href={signInPath(routes.admin)}>Sign in</ButtonLink>
        )
      }
    >
      {signedIn
        ? 'Your account does not have the admin role. Whoever runs this site can give it to you.'
        : 'Sign in with an admin’s account to look after what is kept.'}
    </EmptyState>
  )
}

function LoadingAdmin(): ReactNode {
  return (
    <section className="movie-admin" aria-busy="true" aria-labelledby="loading-admin">
      <h1 className="sr-only" id="loading-admin">
        Loading
      </h1>
      <Skeleton width="14rem" height="2.4rem" />
      <Skeleton height="18rem" />
    </section>
  )
}
