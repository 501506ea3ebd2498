// Bindings only: what Python sees of bound.hpp. Every shape, offset and index is checked there and
// in specification.hpp, so that no call from Python can reach outside its arrays.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <new>
#include <string>
#include <tuple>

#include "bound.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace glassnet;

namespace {

constexpr const char* out_of_memory =
    "memory ran out in the native engine: the weights are those after the last whole step. A "
    "smaller batch_size or fewer rows at a time need less.";

OperationArguments operation(const std::string& kind, std::size_t n_in, std::size_t n_out,
                             std::uint64_t number, std::vector<std::size_t> tensors,
                             std::map<std::string, std::vector<double>> numbers,
                             std::map<std::string, std::string> names) {
    operation_kind<float>(kind);
    return {kind, n_in, n_out, number, std::move(tensors), std::move(numbers), std::move(names)};
}

Settings settings(const std::string& loss, std::vector<double> loss_settings,
                  const std::string& reduction, double clip_eps, const std::string& optimizer,
                  double momentum, double beta1, double beta2, double eps, double weight_decay,
                  bool nesterov, bool lr_in_velocity, bool uncorrected_eps, double l1, double l2,
                  bool per_batch, double max_norm, std::uint64_t seed, std::size_t n_threads) {
    const LossKind<float>& kind = loss_kind<float>(loss);
    const Reduction& reduces = row_named(reductions, reduction, "reduction", "native/loss.hpp");
    optimizer_kind<float>(optimizer);
    require_threads(n_threads);
    require(kind.has_settings == !loss_settings.empty(),
            "the loss has not the settings that it takes");
    require(kind.has_reduction || reduction == reductions[0].name,
            "the loss has one reduction only");
    require(clip_eps == 0 || (clip_eps > 0 && clip_eps < 0.5 && kind.clips),
            "clip_eps must be in [0, 0.5), and is for probabilities of classes");
    return {{loss, std::move(loss_settings), reduces, clip_eps},
            {optimizer, momentum, beta1, beta2, eps, weight_decay, nesterov, lr_in_velocity,
             uncorrected_eps},
            l1,
            l2,
            per_batch,
            max_norm,
            seed,
            n_threads};
}

template <class T>
void bind(nb::module_& m, const char* name, const char* answer) {
    nb::class_<BoundAnswer<T>>(m, answer)
        .def(nb::init<BoundEngine<T>&, std::vector<double>, std::vector<double>,
                      std::vector<double>, std::vector<std::size_t>, double, double, bool,
                      std::size_t, std::vector<double>, std::vector<double>, std::vector<double>,
                      std::vector<double>>(),
             nb::keep_alive<1, 2>(), "engine"_a, "factor"_a, "mean"_a, "scale"_a, "gaps"_a,
             "limit"_a, "far"_a, "both_classes"_a, "n_quantiles"_a, "target_scale"_a,
             "target_mean"_a, "low"_a, "high"_a)
        .def_prop_ro("n_answers", &BoundAnswer<T>::n_answers)
        .def("__call__", &BoundAnswer<T>::operator());
    nb::class_<BoundEngine<T>>(m, name)
        .def(nb::init<std::vector<OperationArguments>,
                      std::vector<std::tuple<std::size_t, std::size_t, double, double>>, Settings,
                      Array<T>, Array<T>, Array<T>, Array<T>, Array<T>>())
        .def("predict", &BoundEngine<T>::predict)
        .def("loss_and_gradient", &BoundEngine<T>::loss_and_gradient, "X"_a, "y"_a,
             "weight"_a.none(), "step"_a)
        .def("gradient_norm", &BoundEngine<T>::gradient_norm)
        .def("update", &BoundEngine<T>::update)
        .def("use_threads", &BoundEngine<T>::use_threads)
        .def("run", &BoundEngine<T>::run, "X"_a, "y"_a, "weight"_a.none(), "order"_a, "offsets"_a,
             "first_step"_a, "rates"_a, "t"_a, "stop"_a);
}

// Instruction sets that this processor and system have and that a module of ours is compiled for,
// the widest first.
std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                      __builtin_cpu_supports("bmi2");
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512vl");
    if (avx2 && avx512) names.push_back("avx512");
    if (avx2) names.push_back("avx2");
#endif
    return names;
}

}  // namespace

NB_MODULE(GLASSNET_MODULE, m) {
    m.doc() = "glassnet's native engine";
    count_forks();
    // A thread that still runs when Python ends holds its engine for ever: that is no mistake of
    // the user's, and nothing is lost.
    nb::set_leak_warnings(false);
    nb::register_exception_translator([](const std::exception_ptr& error, void*) {
        try {
            std::rethrow_exception(error);
        } catch (const std::bad_alloc&) {
            PyErr_SetString(PyExc_MemoryError, out_of_memory);
        }
    });
    nb::dict listed;
    listed["operation"] = names_of(operation_kinds<float>),
    listed["activation"] = names_of(activations<float>);
    listed["loss"] = names_of(losses<float>), listed["reduction"] = names_of(reductions);
    listed["optimizer"] = names_of(optimizers<float>),
    listed["status"] = std::vector<std::string>(std::begin(statuses), std::end(statuses));
    m.attr("names") = listed;
    m.def("instruction_sets", &instruction_sets);
    nb::class_<OperationArguments>(m, "Operation");
    nb::class_<Settings>(m, "Settings");
    m.def("operation", &operation, "kind"_a, "n_in"_a, "n_out"_a, "number"_a = 0,
          "tensors"_a = std::vector<std::size_t>{},
          "numbers"_a = std::map<std::string, std::vector<double>>{},
          "names"_a = std::map<std::string, std::string>{});
    m.def("settings", &settings, "loss"_a, "loss_settings"_a, "reduction"_a = "mean",
          "clip_eps"_a = 0.0, "optimizer"_a = "none", "momentum"_a = 0.0, "beta1"_a = 0.0,
          "beta2"_a = 0.0, "eps"_a = 0.0, "weight_decay"_a = 0.0, "nesterov"_a = false,
          "lr_in_velocity"_a = false, "uncorrected_eps"_a = false, "l1"_a = 0.0, "l2"_a = 0.0,
          "per_batch"_a = false, "max_norm"_a = std::numeric_limits<double>::infinity(),
          "seed"_a = 0, "n_threads"_a = 1);
    bind<float>(m, "Engine32", "Answer32");
    bind<double>(m, "Engine64", "Answer64");
}
