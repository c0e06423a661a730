import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { App } from './app.tsx';
import { isOutage } from './data/problems.ts';
import { SessionProvider } from './session/session.tsx';
import './styles/main.css';

/** What could not be read because the service did not answer is asked for again so often, until it does. */
const AGAIN_MS = 5_000;

/*
 * What changes is told by the stream of events (`data/live.tsx`); until then what was read is fresh. What a browser thinks of its
 * network decides nothing: a request fails when the service does not answer, and says so.
 */
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      networkMode: 'always',
      retry: (failures, error) => failures < 1 && isOutage(error),
      refetchInterval: ({ state }) => (isOutage(state.error) ? AGAIN_MS : false),
      refetchOnWindowFocus: true,
    },
    mutations: { networkMode: 'always' },
  },
});

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <BrowserRouter>
        <SessionProvider>
          <App />
        </SessionProvider>
      </BrowserRouter>
    </QueryClientProvider>
  </StrictMode>,
);
