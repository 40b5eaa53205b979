/** What the apps on Convex have in common: one client with its accounts, and the strip that leads from one app to the other. */
import '@noboil/web-ui/styles.css'
import { ConvexAuthProvider } from '@convex-dev/auth/react'
import { SiteBar } from '@noboil/web-ui/base'
import { ConvexReactClient } from 'convex/react'
import type { ReactNode } from 'react'
import { createRoot } from 'react-dom/client'

const apps = [
  { name: 'Poll', href: '/' },
  { name: 'Movie', href: '/movie' },
]

export const footer = 'Running on noboil with Convex.'

export interface ConvexSiteBarProps {
  /** The `href` of the app that shows it. */
  readonly current: '/' | '/movie'
}

export const ConvexSiteBar = ({ current }: ConvexSiteBarProps): ReactNode => (
  <SiteBar title="noboil" apps={apps} current={current} note="Convex" />
)

/** Connects to the page's deployment and shows the app. */
export function show(app: (client: ConvexReactClient) => ReactNode): void {
  const client = new ConvexReactClient(deploymentUrl())
  const root = document.getElementById('root')
  if (root === null) throw new Error('The page has no #root.')
  createRoot(root).render(
    // Pages of one site are one browser for Convex Auth, whichever app they show.
    <ConvexAuthProvider client={client} shouldHandleCode={false}>
      {app(client)}
    </ConvexAuthProvider>,
  )
}

/** Said by whoever serves the page, or when it was built. */
function deploymentUrl(): string {
  const served = document.querySelector<HTMLMetaElement>('meta[name=convex-url]')?.content
  const url = served ?? (import.meta.env['VITE_CONVEX_URL'] as string | undefined)
  if (url) return url
  throw new Error('Set VITE_CONVEX_URL to the address of the deployment.')
}
