/** The movie app on the Node host: one client, one stream, and the screens. */
import '@noboil/web-ui/styles.css'
import { NodeSiteBar } from '@noboil/web-node-shared/site'
import { MovieApp } from '@noboil/web-ui/movie'
import { createClient, NoboilProvider } from 'noboil/node/react'
import { createRoot } from 'react-dom/client'
import { nodeBackend } from './backend.ts'

const client = createClient()
const root = document.getElementById('root')
if (root === null) throw new Error('The page has no #root.')

createRoot(root).render(
  <NoboilProvider client={client}>
    <MovieApp
      backend={nodeBackend(client)}
      base="/movie"
      footer="Running on noboil with embedded SQLite."
      siteBar={<NodeSiteBar current="/movie" />}
    />
  </NoboilProvider>,
)
