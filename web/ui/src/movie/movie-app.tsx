/** The movie app: give it a backend and it is a site. */
import { type ReactNode, useMemo, useState } from 'react'
import { Route, Router, Switch, useLocation } from 'wouter'
import { SignIn } from '../account/sign-in.tsx'
import { Button, ButtonLink } from '../base/button.tsx'
import { ConnectionPill } from '../base/connection-pill.tsx'
import { ErrorBoundary } from '../base/error-boundary.tsx'
import { Shell, usePageChange, useTitle } from '../base/shell.tsx'
import { EmptyState } from '../base/surfaces.tsx'
import { applyStoredTheme } from '../base/theme.ts'
import { ClockContext } from '../base/time-ago.tsx'
import { ToastProvider } from '../base/toast.tsx'
import { AdminPage } from './admin-page.tsx'
import { BackendContext, useBackend, useSentence } from './backend.tsx'
import { Brand, HeaderActions } from './chrome.tsx'
import { FilmPage } from './film-page.tsx'
import { HomePage } from './home-page.tsx'
import type { MovieBackend } from './port.ts'
import { routes, tmdbIdOf } from './routes.ts'
import { siteName } from './site.ts'

export interface MovieAppProps {
  readonly backend: MovieBackend
  /** Where the app is mounted, e.g. "/movie"; empty for the root. */
  readonly base?: string
  /** Shown below the sign-in form, e.g. the names of a demo's accounts. */
  readonly signInNote?: ReactNode
  readonly footer?: ReactNode
  /** Above everything, e.g. the way to a site's other apps. */
  readonly siteBar?: ReactNode
}

export function MovieApp(props: MovieAppProps): ReactNode {
  const { backend, base = '', signInNote, footer, siteBar } = props
  // Runs once, before the first paint.
  useState(applyStoredTheme)
  const clock = useMemo(() => backend.now ?? (() => Date.now()), [backend])
  return (
    <BackendContext value={backend}>
      <ClockContext value={clock}>
        <Router base={base}>
          <ToastProvider>
            <Frame footer={footer} siteBar={siteBar}>
              <Pages signInNote={signInNote} />
            </Frame>
          </ToastProvider>
        </Router>
      </ClockContext>
    </BackendContext>
  )
}

interface FrameProps {
  readonly footer: ReactNode
  readonly siteBar: ReactNode
  readonly children: ReactNode
}

function Frame({ footer, siteBar, children }: FrameProps): ReactNode {
  const [path] = useLocation()
  const connection = useBackend().useConnection()
  usePageChange(path)
  return (
    <Shell
      top={siteBar}
      brand={<Brand />}
      actions={<HeaderActions />}
      corner={<ConnectionPill state={connection} />}
      footer={footer}
    >
      <ErrorBoundary resetKey={path} fallback={(retry) => <BrokenPage retry={retry} />}>
        {children}
      </ErrorBoundary>
    </Shell>
  )
}

function Pages({ signInNote }: { readonly signInNote: ReactNode }): ReactNode {
  return (
    <Switch>
      <Route path={routes.home} component={HomePage} />
      <Route path={routes.film}>
        {({ tmdbId: text }) => {
          const tmdbId = tmdbIdOf(text)
          return tmdbId === null ? <MissingPage /> : <FilmPage key={tmdbId} tmdbId={tmdbId} />
        }}
      </Route>
      <Route path={routes.signIn}>
        <SignInPage note={signInNote} />
      </Route>
      <Route path={routes.admin} component={AdminPage} />
      <Route>
        <MissingPage />
      </Route>
    </Switch>
  )
}

function SignInPage({ note }: { readonly note: ReactNode }): ReactNode {
  useTitle('Sign in', siteName)
  return (
    <SignIn
      session={useBackend().useSession()}
      title={{ visitor: 'Come in', guest: 'More than a guest' }}
      lede={{
        visitor: 'Films are open to everyone. Admins sign in here to look after what is kept.',
        guest: 'Admins sign in here to look after what is kept.',
      }}
      sentenceOf={useSentence()}
      note={note}
    />
  )
}

function MissingPage(): ReactNode {
  useTitle('Page not found', siteName)
  return (
    <EmptyState
      level="page"
      title="There is no page here"
      action={<ButtonLink href={routes.home}>Look for a film</ButtonLink>}
    >
      The address may be mistyped, or what it named is gone.
    </EmptyState>
  )
}

function BrokenPage({ retry }: { readonly retry: () => void }): ReactNode {
  useTitle('Something broke', siteName)
  return (
    <EmptyState
      level="page"
      title="This page broke"
      action={
        <>
          <Button onClick={retry}>Try this page again</Button>
          <ButtonLink look="line" href={routes.home}>
            Look for a film
          </ButtonLink>
        </>
      }
    >
      The fault is ours. If it keeps happening, reload the page.
    </EmptyState>
  )
}
