/** The movie app on Convex. */
import { ConvexSiteBar, footer, show } from '@noboil/web-cvx-shared/show'
import { MovieApp } from '@noboil/web-ui/movie'
import { convexBackend } from './backend.ts'

show((client) => (
  <MovieApp
    backend={convexBackend(client)}
    base="/movie"
    footer={footer}
    siteBar={<ConvexSiteBar current="/movie" />}
  />
))
