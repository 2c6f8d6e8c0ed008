// The face of Sluice's management API. The shapes come from its OpenAPI document (schema.ts, generated).
import type { components } from './schema.js';
import { Transport } from './transport.js';

export { SluiceApiError, SluiceConnectionError, SluiceError } from './errors.js';

type Schemas = components['schemas'];

export type Budget = Schemas['BudgetView'];
export type CohortSyncResult = Schemas['CohortSyncView'];
export type CohortSyncPreview = Schemas['CohortPreviewView'];
export type Connector = Schemas['ConnectorView'];
export type DeadLetter = Schemas['DeadLetterView'];
export type IngestionStatistics = Schemas['IngestionStatisticsView'];
export type Mappings = Schemas['MappingsView'];
export type NewProjectKey = Schemas['NewKeyView'];
export type PersonProfile = Schemas['ProfileView'];
export type Project = Schemas['ProjectView'];
export type ProjectKey = Schemas['KeyView'];
export type Run = Schemas['RunView'];
export type GroupStay = Schemas['StayView'];
export type Suppression = Schemas['SuppressionView'];
export type SyncMode = Schemas['ListMode'];
export type UserGroup = Schemas['UserGroupView'];

export type ConnectorName = 'mixpanel' | 'brevo';

export interface ClientOptions {
  /** Where Sluice listens, for instance `https://sluice.example.com`. */
  url: string;
  /** The project's access key. */
  key: string;
  /** The project's secret key. Keep it out of pages that strangers load. */
  secret: string;
  /** API key of the Brevo account; `connect` connects it beside Mixpanel. */
  brevoKey?: string;
  /** How often a call is tried that may be tried again. Default: 4. */
  maxAttempts?: number;
  /** How long one try may take, in milliseconds. A sync may take as long as it is told to wait, and this besides. Default: 30,000. */
  timeoutMs?: number;
  /** What calls go through. Default: the platform's fetch. */
  fetch?: typeof fetch;
}

export interface MixpanelConnection {
  /** The token that SDKs send with; an identifier, no secret. */
  projectToken?: string | undefined;
  /** User name of a service account of the project. */
  serviceAccountUser?: string | undefined;
  /** The service account's secret. */
  serviceAccountSecret?: string | undefined;
  /** Id of an OAuth client, instead of a service account. */
  oauthClientId?: string | undefined;
  /** The OAuth client's secret; none for a public client. */
  oauthClientSecret?: string | undefined;
  /** The refresh token that somebody was given for the client. Sluice keeps what it becomes with use; the same one sent again goes on where it was. */
  oauthRefreshToken?: string | undefined;
  /** Mixpanel's number of the project, in decimal digits. Goes with a service account and with OAuth. */
  projectId?: string | undefined;
  /** Where Mixpanel keeps the project's data. Default: us. */
  dataResidency?: 'us' | 'eu' | 'in';
  /** Whether the server asks Mixpanel first whether it takes the credentials. Default: false. */
  check?: boolean;
}

export interface CohortSyncRequest {
  /** Mixpanel's id of the cohort. */
  cohortId: number | string;
  /** Brevo's id of the list. */
  targetList: number;
  /** What may be done to the list. Default: mirror. */
  syncMode?: SyncMode;
  /** How long to wait for the end, in seconds, 1 to 600. Default: 120. */
  waitSeconds?: number;
}

export type DeadLetterState = 'open' | 'retried' | 'resolved' | 'all';

/** An address or a number, one of the two. */
export type Subject = { email: string; phone?: never } | { phone: string; email?: never };

export type SluiceClient = ReturnType<typeof createClient>;

const defaultWaitSeconds = 120;

/** Makes a client for one project. */
export function createClient(options: ClientOptions) {
  const transport = new Transport(options);
  const path = (name: string) => `/connectors/${encodeURIComponent(name)}`;
  const sync = (name: 'mixpanel', request: CohortSyncRequest) => `${path(name)}/cohorts/${encodeURIComponent(String(request.cohortId))}`;

  const connectors = {
    /** All connectors there are, connected or not. */
    list: async (signal?: AbortSignal): Promise<Connector[]> => (await transport.get<Schemas['ConnectorList']>('/connectors', signal)).items,

    /** How one connector stands. */
    get: (name: ConnectorName, signal?: AbortSignal): Promise<Connector> => transport.get(path(name), signal),

    /** Stores credentials of Mixpanel; and the key of Brevo, when the client was made with one. */
    connect: async (name: 'mixpanel', connection: MixpanelConnection, signal?: AbortSignal): Promise<Connector> => {
      const connected = await transport.send<Connector>('PUT', path(name), { body: connection, signal });
      if (options.brevoKey !== undefined) {
        await connectors.connectBrevo(options.brevoKey, signal);
      }

      return connected;
    },

    /** Stores the API key of the Brevo account. The server asks Brevo first whether it takes the key and whose account it opens. */
    connectBrevo: (apiKey: string, signal?: AbortSignal): Promise<Connector> =>
      transport.send('PUT', path('brevo'), { body: { apiKey }, signal }),

    /** Stops what goes there or comes from there, until it is resumed. */
    pause: (name: ConnectorName, signal?: AbortSignal): Promise<Connector> => transport.send('POST', `${path(name)}/pause`, { signal }),

    /** Ends a pause. */
    resume: (name: ConnectorName, signal?: AbortSignal): Promise<Connector> => transport.send('POST', `${path(name)}/resume`, { signal }),

    /** Forgets credentials that were stored by the management API. */
    disconnect: (name: ConnectorName, signal?: AbortSignal): Promise<void> => transport.send('DELETE', path(name), { signal }),

    /** Fetches a cohort, brings a Brevo list in step with it, and waits for the end. */
    syncCohort: (name: 'mixpanel', request: CohortSyncRequest, signal?: AbortSignal): Promise<CohortSyncResult> => {
      const waitSeconds = request.waitSeconds ?? defaultWaitSeconds;
      return transport.send('POST', `${sync(name, request)}/sync`, {
        body: { targetList: request.targetList, syncMode: request.syncMode, waitSeconds }, underKey: true, extraMs: waitSeconds * 1000, signal,
      });
    },

    /** Says what a sync would do, and does nothing. */
    previewCohortSync: (name: 'mixpanel', request: CohortSyncRequest, signal?: AbortSignal): Promise<CohortSyncPreview> =>
      transport.send('POST', `${sync(name, request)}/preview`, {
        body: { targetList: request.targetList, syncMode: request.syncMode }, extraMs: (request.waitSeconds ?? defaultWaitSeconds) * 1000, signal,
      }),
  };

  const group = (cohortId: number | string) => `/user-groups/${encodeURIComponent(String(cohortId))}`;

  return {
    connectors,

    /** The project, its keys, its mappings, its budgets, and what came in. */
    project: {
      get: (signal?: AbortSignal): Promise<Project> => transport.get('/project', signal),
      listKeys: async (signal?: AbortSignal): Promise<ProjectKey[]> => (await transport.get<Schemas['KeyList']>('/keys', signal)).items,
      /** Makes a second key. It is not tried again: a key whose answer was lost is revoked by its id. */
      createKey: (signal?: AbortSignal): Promise<NewProjectKey> => transport.send('POST', '/keys', { never: true, signal }),
      revokeKey: (id: string, signal?: AbortSignal): Promise<void> => transport.send('DELETE', `/keys/${encodeURIComponent(id)}`, { signal }),
      getMappings: (signal?: AbortSignal): Promise<Mappings> => transport.get('/mappings', signal),
      /** What is left of what Mixpanel allows, and when more comes; empty while no Mixpanel project is connected. */
      listBudgets: async (signal?: AbortSignal): Promise<Budget[]> => (await transport.get<Schemas['BudgetList']>('/budgets', signal)).items,
      getIngestionStatistics: (span: { from?: Date; to?: Date } = {}, signal?: AbortSignal): Promise<IngestionStatistics> => {
        const query = new URLSearchParams();
        if (span.from) query.set('from', span.from.toISOString());
        if (span.to) query.set('to', span.to.toISOString());
        return transport.get(`/statistics/ingestion?${query}`, signal);
      },
    },

    /** Copies of Mixpanel's cohorts. */
    userGroups: {
      list: async (signal?: AbortSignal): Promise<UserGroup[]> => (await transport.get<Schemas['UserGroupList']>('/user-groups', signal)).items,
      get: (cohortId: number | string, signal?: AbortSignal): Promise<UserGroup> => transport.get(group(cohortId), signal),
      /** The distinct ids of the members, page by page as they are asked for. */
      members: async function* (cohortId: number | string, signal?: AbortSignal): AsyncGenerator<string> {
        for await (const member of transport.all<{ distinctId: string }>(`${group(cohortId)}/members?limit=200`, signal)) {
          yield member.distinctId;
        }
      },
      /** Who was in the group from when to when. */
      history: (cohortId: number | string, signal?: AbortSignal): AsyncGenerator<GroupStay> => transport.all(`${group(cohortId)}/history?limit=200`, signal),
    },

    profiles: {
      /** All that is known of the person behind a distinct id, but for events. */
      get: (distinctId: string, signal?: AbortSignal): Promise<PersonProfile> =>
        transport.get(`/profile?distinctId=${encodeURIComponent(distinctId)}`, signal),
    },

    runs: {
      /** Runs, newest first. */
      list: (signal?: AbortSignal): AsyncGenerator<Run> => transport.all('/runs?limit=200', signal),
    },

    /** Records that were refused for good. */
    deadLetters: {
      list: (state: DeadLetterState = 'open', signal?: AbortSignal): AsyncGenerator<DeadLetter> => transport.all(`/dead-letters?limit=200&state=${state}`, signal),
      /** Lets letters be tried again: some by id, or all that are open. Returns how many were found. */
      retry: async (ids: string[] | 'all', signal?: AbortSignal): Promise<number> =>
        (await transport.send<Schemas['RetriedView']>('POST', '/dead-letters/retry', { body: ids === 'all' ? { all: true } : { ids }, underKey: true, signal })).retried,
      /** Resolves letters; nothing is tried again. Returns how many were found. */
      drop: async (ids: string[], signal?: AbortSignal): Promise<number> =>
        (await transport.send<Schemas['DroppedView']>('POST', '/dead-letters/drop', { body: { ids }, underKey: true, signal })).dropped,
    },

    /** People who must not be contacted. */
    suppressions: {
      list: (signal?: AbortSignal): AsyncGenerator<Suppression> => transport.all('/suppressions?limit=200', signal),
      add: (subject: Subject & { listId?: number; reason?: string }, signal?: AbortSignal): Promise<Suppression> =>
        transport.send('POST', '/suppressions', { body: subject, signal }),
      /** Takes back every suppression of an address or a number. Returns how many. */
      remove: async (subject: Subject, signal?: AbortSignal): Promise<number> =>
        (await transport.send<Schemas['UnsuppressedView']>('POST', '/suppressions/remove', { body: subject, never: true, signal })).removed,
    },
  };
}
