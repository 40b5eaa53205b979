/** What surrounds every page: brand and header. */
import { LogOut, ShieldCheck } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { signInPath } from '../account/paths.ts'
import { Button, ButtonLink } from '../base/button.tsx'
import { Avatar, Skeleton } from '../base/surfaces.tsx'
import { ThemeButton } from '../base/theme-button.tsx'
import { useAttempt, useBackend } from './backend.tsx'
import { isAdmin } from './people.ts'
import type { AppUser } from './port.ts'
import { routes } from './routes.ts'
import { siteName } from './site.ts'

/** The "o" is a ring with a part of its time gone. */
export function Brand(): ReactNode {
  return (
    <Link href={routes.home} className="shell__brand" aria-label={`${siteName}, home`}>
      <span className="movie-mark" aria-hidden="true">
        <svg viewBox="0 0 40 40" role="presentation">
          <circle cx="20" cy="20" r="15.5" pathLength="100" />
          <circle cx="20" cy="20" r="15.5" pathLength="100" strokeDasharray="68 100" />
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
      <div className="header-who">
        {isLoading && !user && <Skeleton width="84px" height="44px" pill />}
        {!isLoading && !user && (
          <ButtonLink href={signInPath(path)} look="solid">
            Sign in
          </ButtonLink>
        )}
        {user && <Who user={user} />}
      </div>
    </>
  )
}

function Who({ user }: { readonly user: AppUser }): ReactNode {
  const { signOut } = useBackend().useSession()
  const attempt = useAttempt()
  const [busy, setBusy] = useState(false)
  const leave = async (): Promise<void> => {
    setBusy(true)
    await attempt({ doing: 'signOut', run: signOut })
    setBusy(false)
  }
  return (
    <span className="movie-who">
      <Avatar name={user.name} image={user.image ?? undefined} seed={user._id} sizePx={32} />
      <span className="who__name">{user.name}</span>
      <Button
        look="plain"
        icon
        busy={busy}
        aria-label={`Sign out ${user.name}`}
        title="Sign out"
        onClick={() => void leave()}
      >
        <LogOut size={19} aria-hidden="true" />
      </Button>
    </span>
  )
}
