/** What surrounds every page: brand, header, site banner, state of the connection. */
import { Moon, Plus, ShieldCheck, Sun } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { Button, ButtonLink } from '../base/button.tsx'
import { Avatar, Banner, Pill, Skeleton } from '../base/surfaces.tsx'
import { useTheme } from '../base/theme.ts'
import { useBackend } from './backend.tsx'
import { isAdmin, signatureOf } from './people.ts'
import { routes, signInPath } from './routes.ts'
import { siteName } from './site.ts'

export function Brand(): ReactNode {
  return (
    <Link href={routes.home} className="shell__brand" aria-label={`${siteName}, home`}>
      <span className="wordmark" aria-hidden="true">
        <svg viewBox="0 0 34 40" role="presentation">
          <path
            strokeWidth="5"
            d="M5 3.5 4.6 37M13 2.6 12.7 37.4M21 3.4 20.8 36.8M29 2.6 28.8 37.2"
          />
          <path strokeWidth="5" pathLength="100" d="M-2 30 36 11" />
        </svg>
      </span>
    </Link>
  )
}

export function HeaderActions(): ReactNode {
  const { user, isLoading } = useBackend().useSession()
  const [path] = useLocation()
  return (
    <>
      <ThemeButton />
      {isAdmin(user) && (
        <ButtonLink look="plain" icon href={routes.admin} aria-label="Admin" title="Admin">
          <ShieldCheck size={20} aria-hidden="true" />
        </ButtonLink>
      )}
      <ButtonLink
        look="line"
        href={routes.create}
        className="header-new"
        aria-label="New poll"
        aria-current={path === routes.create ? 'page' : undefined}
      >
        <Plus size={18} aria-hidden="true" />
        <span className="header-new__text">New poll</span>
      </ButtonLink>
      <div className="header-who">
        {isLoading && !user && <Skeleton width="84px" height="44px" pill />}
        {!isLoading && !user && (
          <ButtonLink href={signInPath(path)} look="solid">
            Sign in
          </ButtonLink>
        )}
        {user && <WhoLink />}
      </div>
    </>
  )
}

function WhoLink(): ReactNode {
  const { useSession, useProfile } = useBackend()
  const { user } = useSession()
  const { data: profile } = useProfile()
  if (!user) return null
  const name = signatureOf(user, profile)
  return (
    <ButtonLink
      look="plain"
      href={routes.profile}
      className="who"
      aria-label={`${name}, your profile`}
    >
      <Avatar name={name} image={user.image ?? undefined} seed={user._id} sizePx={32} />
      <span className="who__name">{name}</span>
    </ButtonLink>
  )
}

function ThemeButton(): ReactNode {
  const { shown, choose } = useTheme()
  const other = shown === 'dark' ? 'light' : 'dark'
  const Icon = other === 'dark' ? Moon : Sun
  return (
    <Button
      look="plain"
      icon
      aria-label={`Use the ${other} theme`}
      title={`Use the ${other} theme`}
      onClick={() => choose(other)}
    >
      <Icon size={20} aria-hidden="true" />
    </Button>
  )
}

export function SiteBanner(): ReactNode {
  const { data } = useBackend().useBanner()
  const [dismissedAt, setDismissedAt] = useState<number>()
  const shown = data?.active === true && (data.updatedAt ?? 0) !== dismissedAt
  return (
    <div aria-live="polite">
      {shown && (
        <Banner label="Site notice" onDismiss={() => setDismissedAt(data.updatedAt ?? 0)}>
          {data.message}
        </Banner>
      )}
    </div>
  )
}

const patienceMs = 2_500

/** Says nothing about a connection that is merely starting; speaks when it is lost or slow. */
export function ConnectionPill(): ReactNode {
  const state = useBackend().useConnection()
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    setSlow(false)
    if (state !== 'connecting') return undefined
    const timer = setTimeout(() => setSlow(true), patienceMs)
    return () => clearTimeout(timer)
  }, [state])
  if (state === 'live' || (state === 'connecting' && !slow)) return null
  return (
    <Pill look="solid" dot>
      {state === 'offline' ? 'Offline. Reconnecting…' : 'Connecting…'}
    </Pill>
  )
}
