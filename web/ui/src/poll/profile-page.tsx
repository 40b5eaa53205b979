/** Your name on ballots and comments, the ink of your marks, the theme, and the way out. */
import { type CSSProperties, type FormEvent, type ReactNode, useState } from 'react'
import { useLocation } from 'wouter'
import { signInPath } from '../account/paths.ts'
import { Button, ButtonLink } from '../base/button.tsx'
import { Segmented } from '../base/choice.tsx'
import { TextField } from '../base/field.tsx'
import { useTitle } from '../base/shell.tsx'
import { Avatar, EmptyState, Skeleton } from '../base/surfaces.tsx'
import { useTheme } from '../base/theme.ts'
import { useHeld } from '../base/use-held.ts'
import { useAttempt, useBackend } from './backend.tsx'
import { inkColor, inkName, inks } from './inks.ts'
import { signatureOf } from './people.ts'
import type { AppUser, ProfileRow } from './port.ts'
import { routes } from './routes.ts'
import { siteName } from './site.ts'

export const displayNameCharsMax = 40

export function ProfilePage(): ReactNode {
  useTitle('Profile', siteName)
  const { useSession, useProfile } = useBackend()
  const { user, isLoading } = useSession()
  const { data: profile } = useProfile()
  if (!user) return isLoading ? <LoadingProfile /> : <SignedOut />
  if (profile === undefined) return <LoadingProfile />
  const name = signatureOf(user, profile)
  return (
    <div className="narrow">
      <div className="profile-head">
        <Avatar name={name} image={user.image ?? undefined} seed={user._id} sizePx={64} />
        <div>
          <h1 className="page-title" tabIndex={-1}>
            {name}
          </h1>
          <p className="quiet">{user.isAnonymous ? 'Here as a guest' : user.email}</p>
        </div>
      </div>
      <NameForm key={user._id} user={user} profile={profile} />
      <InkChoice profile={profile} name={name} />
      <ThemeChoices />
      <Leaving user={user} />
    </div>
  )
}

interface NameFormProps {
  readonly user: AppUser
  readonly profile: ProfileRow | null
}

function NameForm({ user, profile }: NameFormProps): ReactNode {
  const { upsert } = useBackend().useProfile()
  const attempt = useAttempt()
  const [typed, setTyped] = useState<string>()
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)
  const value = typed ?? signatureOf(user, profile)
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const displayName = value.trim()
    const wrong = nameError(displayName)
    setError(wrong)
    if (wrong || busy) return
    setBusy(true)
    const run = (): Promise<unknown> => upsert({ displayName })
    if (await attempt({ doing: 'profile', run, done: `You now sign as ${displayName}.` })) {
      setTyped(undefined)
    }
    setBusy(false)
  }
  return (
    <form className="sheet sheet--padded stack" noValidate onSubmit={(event) => void save(event)}>
      <TextField
        label="Display name"
        hint="Others see it beside your ballots and comments."
        autoComplete="nickname"
        limit={displayNameCharsMax}
        value={value}
        error={error}
        readOnly={busy}
        onChange={(event) => {
          setTyped(event.target.value)
          setError(undefined)
        }}
      />
      <div>
        <Button type="submit" busy={busy}>
          Save name
        </Button>
      </div>
    </form>
  )
}

interface InkChoiceProps {
  readonly profile: ProfileRow | null
  readonly name: string
}

function InkChoice({ profile, name }: InkChoiceProps): ReactNode {
  const { upsert } = useBackend().useProfile()
  const attempt = useAttempt()
  const [chosen, hold] = useHeld(inkName(profile?.color))
  // The first write of a profile must be complete, so the name goes along.
  const displayName = profile?.displayName ?? name
  return (
    <fieldset className="sheet sheet--padded">
      <legend className="sr-only">Ink</legend>
      <p className="field__label" aria-hidden="true">
        Ink
      </p>
      <p className="field__hint">The colour in which your marks on ballots are drawn for you.</p>
      <div className="inks">
        {inks.map((ink) => (
          <label
            key={ink.name}
            className="ink"
            style={{ '--ink-shown': inkColor(ink.name) } as CSSProperties}
          >
            <input
              type="radio"
              name="ink"
              checked={ink.name === chosen}
              onChange={() =>
                hold(ink.name, () =>
                  attempt({
                    doing: 'profile',
                    run: () => upsert({ displayName, color: ink.name }),
                  }),
                )
              }
            />
            <svg viewBox="0 0 32 32" aria-hidden="true">
              <path d="M6.5 7.8C11 11.5 18 19.6 25.8 25.4M25.6 5.6C20.4 9.8 12.2 19 5.8 26.6" />
            </svg>
            <span>{ink.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

function ThemeChoices(): ReactNode {
  const { choice, choose } = useTheme()
  return (
    <div className="sheet sheet--padded row-between">
      <p className="field__label" aria-hidden="true">
        Theme
      </p>
      <Segmented
        legend="Theme"
        value={choice}
        onChange={choose}
        choices={[
          { value: 'system', label: 'System' },
          { value: 'light', label: 'Light' },
          { value: 'dark', label: 'Dark' },
        ]}
      />
    </div>
  )
}

function Leaving({ user }: { readonly user: AppUser }): ReactNode {
  const { signOut } = useBackend().useSession()
  const attempt = useAttempt()
  const [, navigate] = useLocation()
  const leave = async (): Promise<void> => {
    if (await attempt({ doing: 'signOut', run: signOut })) navigate(routes.home)
  }
  return (
    <div className="leaving">
      {user.isAnonymous && (
        <ButtonLink look="line" href={signInPath(routes.profile)}>
          Create an account
        </ButtonLink>
      )}
      <Button look="plain" onClick={() => void leave()}>
        {user.isAnonymous ? 'Leave, and forget this guest' : 'Sign out'}
      </Button>
    </div>
  )
}

function SignedOut(): ReactNode {
  return (
    <EmptyState
      level="page"
      title="Nobody is signed in"
      action={<ButtonLink href={signInPath(routes.profile)}>Sign in</ButtonLink>}
    >
      Sign in, or continue as a guest, to choose the name that others see.
    </EmptyState>
  )
}

function LoadingProfile(): ReactNode {
  return (
    <section className="narrow" aria-busy="true" aria-labelledby="loading-profile">
      <h1 className="sr-only" id="loading-profile">
        Loading your profile
      </h1>
      <div className="profile-head">
        <Skeleton width="64px" height="64px" pill />
        <Skeleton width="12rem" height="2.4rem" />
      </div>
      <Skeleton height="12rem" />
      <Skeleton height="9rem" />
    </section>
  )
}

function nameError(name: string): string | undefined {
  if (name === '') return 'Write a name, even a short one.'
  return name.length > displayNameCharsMax
    ? `Keep it to ${displayNameCharsMax} characters.`
    : undefined
}
