import { useSearchParams } from 'react-router';
import { api } from '../../data/api.ts';
import { usePages } from '../../data/pages.ts';
import { More } from '../../shared/more.tsx';
import { Panel } from '../../shared/page.tsx';
import { Empty, Loaded } from '../../shared/states.tsx';
import { LOOK_EVERY_MS, type Schemas } from '../data.ts';
import { WebhookCard } from './webhook-card.tsx';

type Status = Schemas['Webhook']['status'];

/** Where the parties have their events sent: dead and failing targets first. */
export default function WebhooksView() {
  const [search] = useSearchParams();
  const open = search.get('webhook');
  return (
    <>
      <OfStatus status="disabled" title="Dead targets" empty="No target has been given up." open={open} />
      <OfStatus status="failing" title="Failing targets" empty="No target fails." open={open} />
      <OfStatus
        status="active"
        title="Targets that answer"
        empty="There are none. Parties register theirs with POST /v1/webhooks."
        open={open}
      />
    </>
  );
}

function OfStatus(props: {
  readonly status: Status;
  readonly title: string;
  readonly empty: string;
  readonly open: string | null;
}) {
  const { status, title, empty, open } = props;
  const webhooks = usePages(
    '/v1/webhooks',
    { status, limit: 20 },
    (query) => api.GET('/v1/webhooks', { params: { query } }),
    { refetchInterval: LOOK_EVERY_MS },
  );
  return (
    <Panel title={title}>
      <Loaded of={webhooks}>
        {(data) =>
          data.length === 0 ? (
            <Empty>{empty}</Empty>
          ) : (
            <div className="cards two">
              {data.map((webhook) => (
                <WebhookCard key={webhook.id} webhook={webhook} open={webhook.id === open} />
              ))}
            </div>
          )
        }
      </Loaded>
      <More of={webhooks} what="targets" />
    </Panel>
  );
}
