/** The heart of the app: what the reader is looking at is a copy, and this says which. */
import { RefreshCw } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Button } from '../base/button.tsx'
import { LiveRegion } from '../base/live-region.tsx'
import { Notice } from '../base/surfaces.tsx'
import { TimeAgo, useNow } from '../base/time-ago.tsx'
import { useAttempt, useBackend } from './backend.tsx'
import { ageText, freshnessOf, outlookOf, spanText, tookText } from './copy.ts'
import { Dial } from './dial.tsx'
import { isAdmin } from './people.ts'
import type { CachedMovie, Recall } from './port.ts'
import { sentenceOf } from './sentences.ts'
import { type Copy, isByWord, type Origin } from './use-copy.ts'

export interface CopyPanelProps {
  readonly film: CachedMovie
  readonly copy: Copy
  /** Those that were about this film, the newest first. */
  readonly recalls?: readonly Recall[] | undefined
}

export function CopyPanel({ film, copy, recalls }: CopyPanelProps): ReactNode {
  const nowMs = useNow(1_000)
  const { origin, check } = copy
  const headline = origin ? headlineOf(origin) : 'Looking'
  return (
    <section className="copy sheet" aria-labelledby="copy">
      <LiveRegion text={spokenOf(copy, headline)} />
      <div className="copy__head">
        <div className="copy__dial">
          <Dial copy={film} nowMs={nowMs} busy={check === 'running'} />
          <span className="copy__left" aria-hidden="true">
            {leftText(film, nowMs)}
          </span>
        </div>
        <div>
          <h2 className="copy__title" id="copy">
            {headline}
          </h2>
          {origin?.tookMs !== undefined && (
            <p className="copy__took">
              {origin.from === 'cache' ? 'Answered' : 'Fetched'} in {tookText(origin.tookMs)}
            </p>
          )}
        </div>
      </div>
      <dl className="copy__facts">
        <div>
          <dt>Age</dt>
          <dd>{ageText(nowMs - film.fetchedAt)}</dd>
        </div>
        <div>
          <dt>Expires</dt>
          <dd>{expiryText(film, nowMs)}</dd>
        </div>
        <div>
          <dt>First kept</dt>
          <dd>
            <TimeAgo atMs={film._creationTime} />
          </dd>
        </div>
        <div>
          <dt>Refresh</dt>
          <dd>{check === 'running' ? 'Running…' : 'Not running'}</dd>
        </div>
      </dl>
      {check === 'failed' ? (
        <Failure film={film} copy={copy} nowMs={nowMs} />
      ) : (
        <p className="copy__outlook">
          {check === 'running'
            ? 'Asking the catalogue for a newer one. This copy stays until it is there.'
            : outlookOf(film, nowMs, isByWord(recalls, film))}
        </p>
      )}
      <Button look="line" wide busy={check === 'running'} onClick={copy.refresh}>
        <RefreshCw size={17} aria-hidden="true" />
        Refresh
      </Button>
      <AdminTools film={film} />
    </section>
  )
}

interface FailureProps extends CopyPanelProps {
  readonly nowMs: number
}

function Failure({ film, copy: { refusal }, nowMs }: FailureProps): ReactNode {
  const silent = refusal === undefined || refusal.code === 'FETCH_FAILED'
  return (
    <Notice look="error" role="alert">
      {silent
        ? `The catalogue did not answer. You are looking at the last good copy, ${ageText(nowMs - film.fetchedAt)} old.`
        : sentenceOf(refusal, 'refresh')}
    </Notice>
  )
}

function AdminTools({ film }: { readonly film: CachedMovie }): ReactNode {
  const { useSession, useActions } = useBackend()
  const { user } = useSession()
  const { invalidate, purge } = useActions()
  const attempt = useAttempt()
  const [busy, setBusy] = useState<'mark' | 'remove'>()
  if (!isAdmin(user)) return null
  const act = async (doing: 'mark' | 'remove'): Promise<void> => {
    if (busy) return
    setBusy(doing)
    const run = (): Promise<unknown> =>
      doing === 'mark' ? invalidate(film.tmdbId) : purge([film.tmdbId])
    await attempt({ doing: 'manage', run })
    setBusy(undefined)
  }
  return (
    <div className="copy__tools" role="group" aria-label="Admin">
      <Button
        look="plain"
        size="small"
        busy={busy === 'mark'}
        disabled={film.expiresAt === 0}
        onClick={() => void act('mark')}
      >
        Mark as stale
      </Button>
      <Button look="plain" size="small" busy={busy === 'remove'} onClick={() => void act('remove')}>
        Remove the copy
      </Button>
    </div>
  )
}

function headlineOf({ from }: Origin): string {
  switch (from) {
    case 'cache':
      return 'From the cache'
    case 'catalogue':
      return 'From the catalogue'
    case 'refreshed':
      return 'Refreshed just now'
    case 'renewed':
      return 'Renewed by itself'
    case 'recalled':
      return 'Renewed: called back elsewhere'
    case 'elsewhere':
      return 'Refreshed by someone else'
  }
}

function spokenOf({ check }: Copy, headline: string): string | undefined {
  return check === 'running' ? 'Asking the catalogue for a newer copy.' : `${headline}.`
}

/** Inside the ring, where there is room for three characters. */
function leftText(film: CachedMovie, nowMs: number): string {
  if (freshnessOf(film, nowMs) !== 'fresh') return 'stale'
  return film.expiresAt === undefined ? '∞' : spanText(film.expiresAt - nowMs)
}

function expiryText(film: CachedMovie, nowMs: number): string {
  switch (freshnessOf(film, nowMs)) {
    case 'marked':
      return 'Marked as stale'
    case 'stale':
      return `${ageText(nowMs - (film.expiresAt ?? nowMs))} ago`
    case 'fresh':
      return film.expiresAt === undefined ? 'Never' : `in ${spanText(film.expiresAt - nowMs)}`
  }
}
