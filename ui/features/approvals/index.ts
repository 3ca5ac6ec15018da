export { APPROVALS, approvalsOf, PENDING, pendingApprovals } from "./api";
export { ROLE_ASSIGNEES, useAssigneeName } from "./assignee";
export { ApprovalBadge } from "./badge";
export { ApprovalCard } from "./card";
export { Approvals } from "./inbox";
export { LinkedQuestion } from "./linked";
