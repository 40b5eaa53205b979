/** The movie app on the Node host: one client, one stream, and the screens. */
import '@noboil/web-ui/styles.css'
import { NodeSiteBar } from '@noboil/web-node-shared/site'
import { MovieApp } from '@noboil/web-ui/movie'
import { createClient, NoboilProvider, StreamInvalidator, StreamProvider } from 'noboil/node/react'
import { createRoot } from 'react-dom/client'
import { nodeBackend, searchesKey } from './backend.ts'

const client = createClient()
const root = document.getElementById('root')
if (root === null) throw new Error('The page has no #root.')

/** Rows and lists follow their tables by themselves; what the page asked for under keys of its own follows the server's cache. */
const entities = { search: { refetch: [[searchesKey]] } }

createRoot(root).render(
  <NoboilProvider client={client}>
    <StreamProvider>
      <StreamInvalidator entities={entities} />
      <MovieApp
        backend={nodeBackend(client)}
        base="/movie"
        footer="Running on noboil with embedded SQLite."
        siteBar={<NodeSiteBar current="/movie" />}
      />
    </StreamProvider>
  </NoboilProvider>,
)
