/** The poll app on SpacetimeDB. */
import { footer, show, StdbSiteBar } from '@noboil/web-stdb-shared/show'
import { PollApp } from '@noboil/web-ui/poll'
import { spacetimeBackend } from './backend.ts'

show((client) => (
  <PollApp
    backend={spacetimeBackend(client)}
    footer={footer}
    siteBar={<StdbSiteBar current="/" />}
  />
))
