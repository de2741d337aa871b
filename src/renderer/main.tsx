import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { config as configureZod } from 'zod';
import { App } from './app.tsx';
import { startConnection } from './connection/start.ts';
import { ErrorBoundary } from './shell/error-boundary.tsx';
import { followAddress } from './stores/page-store.ts';
import { restoreTheme } from './stores/theme-store.ts';
import './styles/base.css';

// zod would try to compile its checks with eval, which the page's policy rightly refuses and reports.
configureZod({ jitless: true });
restoreTheme();
startConnection();
followAddress();

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root.');
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <App />
    </ErrorBoundary>
  </StrictMode>,
);
