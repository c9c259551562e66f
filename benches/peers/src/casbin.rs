//! Casbin: one line for whoever a sequence is visible to (its owner, each of the owner's teams, everyone), read one after
//! the other by each check until one matches.

use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};
use entail::engine::request::Check;

use crate::workload::{Reach, World, sequence, team, user};

const MODEL: &str = r#"
[request_definition]
r = sub, obj

[policy_definition]
p = obj, kind, who

[role_definition]
g = _, _
g2 = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.obj == p.obj && (p.kind == "all" || p.kind == "user" && r.sub == p.who || p.kind == "team" && g2(r.sub, "lead") && g(r.sub, p.who) || g2(r.sub, "admin"))
"#;

pub(crate) struct Casbin {
    enforcer: Enforcer,
}

impl Casbin {
    pub(crate) fn new(world: &World) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let enforcer = runtime.block_on(async {
            let model = DefaultModel::from_str(MODEL).await.unwrap();
            let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await.unwrap();
            let mut lines = Vec::new();
            for (number, (owner, is_shared)) in world.owners.iter().zip(&world.is_shared).enumerate() {
                let owner = *owner as usize;
                let line = |kind: &str, who: String| vec![sequence(number), kind.into(), who];
                lines.push(line("user", user(owner)));
                lines.extend(world.teams[owner].iter().map(|number| line("team", team(*number))));
                if *is_shared {
                    lines.push(line("all", String::from("everyone")));
                }
            }
            assert!(enforcer.add_policies(lines).await.unwrap());
            let members = world
                .teams
                .iter()
                .enumerate()
                .flat_map(|(number, teams)| teams.iter().map(move |place| vec![user(number), team(*place)]));
            assert!(enforcer.add_grouping_policies(members.collect()).await.unwrap());
            let roles = world.reaches.iter().enumerate().filter_map(|(number, reach)| match reach {
                Reach::All => Some(vec![user(number), "admin".into()]),
                Reach::Teammates => Some(vec![user(number), "lead".into()]),
                Reach::Own => None,
            });
            assert!(enforcer.add_named_grouping_policies("g2", roles.collect()).await.unwrap());
            enforcer
        });
        Self { enforcer }
    }

    pub(crate) fn check(&self, check: &Check) -> bool {
        self.enforcer.enforce((check.subject.as_str(), check.object.as_str())).unwrap()
    }
}
