/** What the apps of this server have in common: the strip that leads from one to the other. */
import type { api as server } from '@noboil/backend-node/api'
import { SiteBar } from '@noboil/web-ui/base'
import { createApi, useQuery } from 'noboil/node/react'
import type { ReactNode } from 'react'

const api = createApi<typeof server>()

const apps = [
  { name: 'Poll', href: '/' },
  { name: 'Movie', href: '/movie' },
]

export interface NodeSiteBarProps {
  /** The `href` of the app that shows it. */
  readonly current: '/' | '/movie'
}

export function NodeSiteBar({ current }: NodeSiteBarProps): ReactNode {
  const { data } = useQuery(api.site.about)
  return (
    <SiteBar title="noboil" apps={apps} current={current} note={data?.deployment ?? undefined} />
  )
}
