import { LinkButton } from "../ui/button.js";
import { PageBody, PageHeading } from "../ui/page-heading.js";

export function NotFound() {
  return (
    <PageBody>
      <PageHeading title="Nothing is here" question="This address leads to no page of the console." />
      <div>
        <LinkButton to="/">To the first page</LinkButton>
      </div>
    </PageBody>
  );
}
