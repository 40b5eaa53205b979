/** The poll app: give it a backend and it is a site. */
import { type ReactNode, useMemo, useState } from 'react'
import { Route, Router, Switch, useLocation } from 'wouter'
import { ButtonLink, Button } from '../base/button.tsx'
import { ConnectionPill } from '../base/connection-pill.tsx'
import { ErrorBoundary } from '../base/error-boundary.tsx'
import { Shell, usePageChange, useTitle } from '../base/shell.tsx'
import { EmptyState } from '../base/surfaces.tsx'
import { applyStoredTheme } from '../base/theme.ts'
import { ClockContext } from '../base/time-ago.tsx'
import { ToastProvider } from '../base/toast.tsx'
import { AdminPage } from './admin-page.tsx'
import { BackendContext, useBackend } from './backend.tsx'
import { Brand, HeaderActions, SiteBanner } from './chrome.tsx'
import { CreatePage } from './create-page.tsx'
import { HomePage } from './home-page.tsx'
import { JoinProvider } from './join.tsx'
import { PollPage } from './poll-page.tsx'
import type { PollBackend } from './port.ts'
import { ProfilePage } from './profile-page.tsx'
import { routes } from './routes.ts'
import { SignInPage } from './sign-in-page.tsx'
import { siteName } from './site.ts'

export interface PollAppProps {
  readonly backend: PollBackend
  /** Where the app is mounted, e.g. "/poll"; empty for the root. */
  readonly base?: string
  /** Shown below the sign-in form, e.g. the names of a demo's accounts. */
  readonly signInNote?: ReactNode
  readonly footer?: ReactNode
  /** Above everything, e.g. the way to a site's other apps. */
  readonly siteBar?: ReactNode
}

export function PollApp(props: PollAppProps): ReactNode {
  const { backend, base = '', signInNote, footer, siteBar } = props
  // Runs once, before the first paint.
  useState(applyStoredTheme)
  const clock = useMemo(() => backend.now ?? (() => Date.now()), [backend])
  return (
    <BackendContext value={backend}>
      <ClockContext value={clock}>
        <Router base={base}>
          <ToastProvider>
            <JoinProvider note={signInNote}>
              <Frame footer={footer} siteBar={siteBar}>
                <Pages signInNote={signInNote} />
              </Frame>
            </JoinProvider>
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
      top={
        <>
          {siteBar}
          <SiteBanner />
        </>
      }
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

function Pages({ signInNote }: { signInNote: ReactNode }): ReactNode {
  return (
    <Switch>
      <Route path={routes.home} component={HomePage} />
      <Route path={routes.create} component={CreatePage} />
      <Route path={routes.poll}>{({ pollId }) => <PollPage key={pollId} pollId={pollId} />}</Route>
      <Route path={routes.signIn}>
        <SignInPage note={signInNote} />
      </Route>
      <Route path={routes.profile} component={ProfilePage} />
      <Route path={routes.admin} component={AdminPage} />
      <Route>
        <MissingPage />
      </Route>
    </Switch>
  )
}

function MissingPage(): ReactNode {
  useTitle('Page not found', siteName)
  return (
    <EmptyState
      level="page"
      title="There is no page here"
      action={<ButtonLink href={routes.home}>See all polls</ButtonLink>}
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
            See all polls
          </ButtonLink>
        </>
      }
    >
      The fault is ours, and nothing you sent is lost. If it keeps happening, reload the page.
    </EmptyState>
  )
}
