/** What the apps on SpacetimeDB have in common: one client, and the strip that leads from one app to the other. */
import '@noboil/web-ui/styles.css'
import { bindings } from '@noboil/backend-spacetimedb/bindings'
import { SiteBar } from '@noboil/web-ui/base'
import {
  createSpacetimeClient,
  type SpacetimeClient,
  SpacetimeProvider,
} from 'noboil/spacetimedb/react'
import type { ReactNode } from 'react'
import { createRoot } from 'react-dom/client'

const apps = [
  { name: 'Poll', href: '/' },
  { name: 'Movie', href: '/movie' },
]

export const footer = 'Running on noboil with SpacetimeDB.'

export interface StdbSiteBarProps {
  /** The `href` of the app that shows it. */
  readonly current: '/' | '/movie'
}

export const StdbSiteBar = ({ current }: StdbSiteBarProps): ReactNode => (
  <SiteBar title="noboil" apps={apps} current={current} note="SpacetimeDB" />
)

/** Connects to the page's database and shows the app. */
export function show(app: (client: SpacetimeClient) => ReactNode): void {
  const client = createSpacetimeClient({
    uri: setting('uri', 'VITE_SPACETIMEDB_URI', 'http://127.0.0.1:3010'),
    database: setting('database', 'VITE_SPACETIMEDB_DATABASE', 'noboil-demo'),
    bindings,
  })
  const root = document.getElementById('root')
  if (root === null) throw new Error('The page has no #root.')
  createRoot(root).render(<SpacetimeProvider client={client}>{app(client)}</SpacetimeProvider>)
}

/** Said by whoever serves the page, or when it was built. */
function setting(meta: string, variable: string, byDefault: string): string {
  const served = document.querySelector<HTMLMetaElement>(`meta[name=spacetimedb-${meta}]`)?.content
  return served ?? (import.meta.env[variable] as string | undefined) ?? byDefault
}
