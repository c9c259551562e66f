//! Cedar: the policy as four `permit`s over entities, all of them in memory.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use entail::engine::request::Check;

use crate::workload::{Reach, World};

const POLICIES: &str = r#"
    permit(principal, action == Action::"sequence.view", resource) when { resource.shared };
    permit(principal, action == Action::"sequence.view", resource) when { resource.owner == principal };
    permit(principal in Role::"admin", action == Action::"sequence.view", resource);
    permit(principal in Role::"sales_lead", action == Action::"sequence.view", resource)
        when { principal.teams.containsAny(resource.owner.teams) };
"#;

pub(crate) struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    user: EntityTypeName,
    sequence: EntityTypeName,
    action: EntityUid,
}

impl Cedar {
    pub(crate) fn new(world: &World) -> Self {
        let kind = |name: &str| name.parse::<EntityTypeName>().unwrap();
        let [user, sequence, team, role, action] = ["User", "Sequence", "Team", "Role", "Action"].map(kind);
        let named =
            |kind: &EntityTypeName, name: &str| EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(name));
        let users = world.reaches.iter().zip(&world.teams).enumerate().map(|(number, (reach, teams))| {
            let teams =
                teams.iter().map(|number| RestrictedExpression::new_entity_uid(named(&team, &format!("t{number}"))));
            let parent = match reach {
                Reach::All => "admin",
                Reach::Teammates => "sales_lead",
                Reach::Own => "sales_rep",
            };
            let attributes = HashMap::from([(String::from("teams"), RestrictedExpression::new_set(teams))]);
            Entity::new(named(&user, &format!("u{number}")), attributes, HashSet::from([named(&role, parent)])).unwrap()
        });
        let sequences = world.owners.iter().zip(&world.is_shared).enumerate().map(|(number, (owner, is_shared))| {
            let owner = RestrictedExpression::new_entity_uid(named(&user, &format!("u{owner}")));
            let shared = RestrictedExpression::new_bool(*is_shared);
            let attributes = HashMap::from([(String::from("owner"), owner), (String::from("shared"), shared)]);
            Entity::new(named(&sequence, &format!("s{number}")), attributes, HashSet::new()).unwrap()
        });
        let entities = Entities::from_entities(users.chain(sequences), None).unwrap();
        let action = named(&action, "sequence.view");
        let policies = POLICIES.parse().unwrap();
        Self { authorizer: Authorizer::new(), policies, entities, user, sequence, action }
    }

    /// Ids come as texts; what stands before the colon is the type's name, known beforehand.
    pub(crate) fn check(&self, check: &Check) -> bool {
        self.is_allowed(name(&check.subject), name(&check.object))
    }

    fn is_allowed(&self, user: &str, sequence: &str) -> bool {
        let user = EntityUid::from_type_name_and_id(self.user.clone(), EntityId::new(user));
        let sequence = EntityUid::from_type_name_and_id(self.sequence.clone(), EntityId::new(sequence));
        let request = Request::new(user, self.action.clone(), sequence, Context::empty(), None).unwrap();
        let answer = self.authorizer.is_authorized(&request, &self.policies, &self.entities);
        assert!(answer.diagnostics().errors().next().is_none());
        answer.decision() == Decision::Allow
    }

    /// Those of all these ids that the user may view, each checked: there is no other way to list.
    pub(crate) fn objects(&self, user: &str, sequences: &[String]) -> Vec<String> {
        let user = name(user);
        sequences.iter().filter(|sequence| self.is_allowed(user, name(sequence))).cloned().collect()
    }

    /// Those of all these ids that may view the sequence, each checked.
    pub(crate) fn subjects(&self, users: &[String], sequence: &str) -> Vec<String> {
        let sequence = name(sequence);
        users.iter().filter(|user| self.is_allowed(name(user), sequence)).cloned().collect()
    }
}

fn name(id: &str) -> &str {
    id.split_once(':').expect("an id").1
}
