/** The poll app on Convex. */
import { ConvexSiteBar, footer, show } from '@noboil/web-cvx-shared/show'
import { PollApp } from '@noboil/web-ui/poll'
import { convexBackend } from './backend.ts'

show((client) => (
  <PollApp
    backend={convexBackend(client)}
    footer={footer}
    siteBar={<ConvexSiteBar current="/" />}
  />
))
