/** What surrounds every page: brand, header, site banner, state of the connection. */
import { Plus, ShieldCheck } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { signInPath } from '../account/paths.ts'
import { ButtonLink } from '../base/button.tsx'
import { Avatar, Banner, Skeleton } from '../base/surfaces.tsx'
import { ThemeButton } from '../base/theme-button.tsx'
import { useBackend } from './backend.tsx'
import { isAdmin, signatureOf } from './people.ts'
import { routes } from './routes.ts'
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
