/** The movie app on SpacetimeDB, built into `dist` and served under /movie. `VITE_SPACETIMEDB_URI` names the server, unless the page says it. */
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  base: '/movie/',
  plugins: [react()],
  resolve: { conditions: ['noboil-source', 'module', 'browser', 'development|production'] },
  // Tables and reducers are made from the schema in the page, so Zod comes along.
  build: { target: 'es2024', sourcemap: true, chunkSizeWarningLimit: 800 },
})
