import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { graphql, type ResultOf } from '../api/graphql';

export const VIEWER = graphql(`
  query Viewer {
    viewer {
      role
      name
      canManageApiKeys
      canManagePeople
      canViewAuditEvents
      canStartTestCalls
      canStartCalls
      canViewAgents
      canEditAgents
      canViewCalls
      canViewCallDetails
      canViewAnalytics
      canManageBilling
      canViewIntegrations
      canHandInApiKeys
      agency {
        id
        name
        timeZone
      }
      client {
        id
        name
      }
    }
    memberships {
      agencyId
    }
  }
`);

export type Viewer = ResultOf<typeof VIEWER>['viewer'];

export const ViewerContext = createContext<Viewer | null>(null);

/** Who looks at this page, and what they may do. */
export function useViewer(): Viewer {
  const viewer = useContext(ViewerContext);
  if (!viewer) throw new Error('Nobody is signed in');
  return viewer;
}
